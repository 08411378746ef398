/// Mechanisms to act in, simulated by the MuJoCo library, which is called through the foreign function
/// interface: no code of it and no binding to it is part of telos.
///
/// Reading order: [Task] and [MujocoEnvironment], how a mechanism becomes an environment;
/// [Locomotion], [Ant], [Reacher] and [Pusher], the seven tasks of Gymnasium that are here, and
/// [Mechanism], any file of MJCF; [Physics], what a task asks of MuJoCo; `Loaded`, how long MuJoCo's
/// memory lives; `Native`, `Struct` and `Layout`, how its functions are called and its numbers found;
/// `Shape` and `Drawing` with [View], how a picture comes about. [Mujoco] names the environments and
/// says whether there is a library; `Probe` makes sure that one keeps its numbers where it should.
///
///     try (var hopper = Environments.continuous("Hopper-v5")) {
///       hopper.reset(Rng.of(1));
///       Step<float[]> step = hopper.step(new float[3]);
///     }
///
/// **Installing.** Debian's package `libmujoco2.2.2` is what telos is tested with; any library from
/// 2.2.0 to 3.14.0 will do whose version `layouts.csv` knows, found where libraries are or where
/// `TELOS_MUJOCO` says. Without one, making an environment throws one sentence that says so, and
/// everything else works. On the module path the JVM wants `--enable-native-access=telos.rl.mujoco`.
///
/// **What equals what.** The models are telos' own, after the published dimensions, masses, gears,
/// ranges and solver settings; observations, rewards, noise and endings are those of version 5 of
/// Gymnasium's documentation. From equal states equal actions lead to Gymnasium's transitions to
/// within the rounding of observations to float. One difference is deliberate: the ground of Ant,
/// Hopper and Pusher has no contact margin, for newer MuJoCos add the margins of two geoms where
/// older ones took the larger; so the contact with the ground begins where it always did.
///
/// **Same bits.** All randomness comes from the key of the reset. Equal keys and actions give equal
/// bits on one version of the library and one kind of processor; MuJoCo's own arithmetic is not the
/// same everywhere. A state holds all that MuJoCo's next step depends on, where its solver starts
/// included, so a restored episode goes on bit for bit.
///
/// **Speed.** A step of HalfCheetah, five substeps, costs about 40 microseconds, nearly all of it
/// MuJoCo's; what Java adds are the observation, the step and its information.
@org.jspecify.annotations.NullMarked
package telos.rl.mujoco;
