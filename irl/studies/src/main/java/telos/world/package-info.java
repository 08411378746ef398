/// Small worlds with exact rewards, shared by the studies.
package telos.world;
