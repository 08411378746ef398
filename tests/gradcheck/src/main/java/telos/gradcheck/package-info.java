/// A test kit for gradients and devices, for use with jqwik.
///
/// Reading order: [telos.gradcheck.GradProperty] is what a user's property calls;
/// [telos.gradcheck.Shapes], [telos.gradcheck.Operands] and [telos.gradcheck.Graph] are what her
/// `@ForAll` parameters may be, [telos.gradcheck.TensorArbitraries] what they are made of.
/// [telos.gradcheck.OpSpec] is the table of all operations, and [telos.gradcheck.Conformance] runs
/// it against a device.
package telos.gradcheck;
