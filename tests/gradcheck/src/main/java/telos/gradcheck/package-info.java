/// A test kit for gradients.
package telos.gradcheck;
