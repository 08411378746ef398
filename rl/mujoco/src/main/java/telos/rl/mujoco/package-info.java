/// Mechanisms to act in, simulated by the MuJoCo library.
@org.jspecify.annotations.NullMarked
package telos.rl.mujoco;
