package telos.rl.mujoco;

import static java.lang.Math.abs;

import java.util.Map;
import telos.rl.environment.Step;
import telos.tensor.Rng;

/// Mechanisms that are to move along x, fast and with little effort: Gymnasium's `Hopper-v5`,
/// `HalfCheetah-v5`, `Walker2d-v5` and `Swimmer-v5`, with the defaults of its documentation
/// (gymnasium.farama.org, MuJoCo environments, version 5).
///
///     reward = dx / dt + survival - controlCost |action|^2
///
/// where `dx` is how far the first coordinate moved in the `dt` seconds between actions. Seen are
/// the positions but the first `hidden` ones, so that a policy cannot depend on where it is, and the
/// velocities cut to `[-fastest, fastest]`.
///
/// @param model the MJCF resource
/// @param substeps between actions
/// @param hidden how many positions are not seen
/// @param fastest the most velocity seen
/// @param controlCost what the squared action costs
/// @param noise how far starts stray from the model's: positions uniformly
/// @param bell whether velocities stray normally instead of uniformly
/// @param health what keeps an episode going
/// @param seenFromAbove whether pictures are taken from above instead of from the side
public record Locomotion(
    String model,
    int substeps,
    int hidden,
    double fastest,
    double controlCost,
    double noise,
    boolean bell,
    Health health,
    boolean seenFromAbove)
    implements Task {

  /// A mechanism is healthy while the second coordinate, its height, and the third, its angle, and
  /// all further ones with all velocities lie strictly between bounds; every step that ends so
  /// brings `survival`, every other ends the episode.
  public record Health(
      double survival, double lowest, double highest, double mostAngle, double mostOther) {
    /// Nothing is asked, nothing given.
    static final Health ANY =
        new Health(
            0,
            Double.NEGATIVE_INFINITY,
            Double.POSITIVE_INFINITY,
            Double.POSITIVE_INFINITY,
            Double.POSITIVE_INFINITY);

    boolean of(Physics physics) {
      boolean healthy =
          physics.qpos(1) > lowest && physics.qpos(1) < highest && abs(physics.qpos(2)) < mostAngle;
      for (int i = 2; i < physics.nq(); i++) {
        healthy &= abs(physics.qpos(i)) < mostOther;
      }
      for (int i = 0; i < physics.nv(); i++) {
        healthy &= abs(physics.qvel(i)) < mostOther;
      }
      return healthy;
    }
  }

  /// One leg with three joints. Erez, Tassa and Todorov, Infinite-Horizon Model Predictive Control
  /// for Periodic Tasks with Contacts, 2011.
  public static Locomotion hopper() {
    Health upright = new Health(1, 0.7, Double.POSITIVE_INFINITY, 0.2, 100);
    return new Locomotion("hopper.xml", 4, 1, 10, 1e-3, 5e-3, false, upright, false);
  }

  /// Two legs on a spine, six joints; never ends. Wawrzynski, A Cat-Like Robot Real-Time Learning
  /// to Run, 2009.
  public static Locomotion halfCheetah() {
    return new Locomotion(
        "half_cheetah.xml", 5, 1, Double.POSITIVE_INFINITY, 0.1, 0.1, true, Health.ANY, false);
  }

  /// The hopper with a second leg.
  public static Locomotion walker2d() {
    Health upright = new Health(1, 0.8, 2, 1, Double.POSITIVE_INFINITY);
    return new Locomotion("walker2d.xml", 4, 1, 10, 1e-3, 5e-3, false, upright, false);
  }

  /// Three links in a viscous fluid; never ends. Coulom, Reinforcement Learning Using Neural
  /// Networks, with Applications to Motor Control, 2002.
  public static Locomotion swimmer() {
    return new Locomotion(
        "swimmer.xml", 4, 2, Double.POSITIVE_INFINITY, 1e-4, 0.1, false, Health.ANY, true);
  }

  @Override
  public Physics load() {
    return Physics.resource(model);
  }

  @Override
  public void start(Physics physics, Rng key) {
    Rng speeds = key.fold("velocities");
    physics.start(
        Numbers.plus(physics.qpos0(), Numbers.uniform(key.fold("positions"), physics.nq(), noise)),
        bell
            ? Numbers.normal(speeds, physics.nv(), noise)
            : Numbers.uniform(speeds, physics.nv(), noise));
  }

  @Override
  public float[] observe(Physics physics) {
    int seen = physics.nq() - hidden;
    float[] observation = new float[seen + physics.nv()];
    for (int i = 0; i < observation.length; i++) {
      observation[i] =
          (float)
              (i < seen
                  ? physics.qpos(hidden + i)
                  : Math.clamp(physics.qvel(i - seen), -fastest, fastest));
    }
    return observation;
  }

  @Override
  public Step<float[]> act(Physics physics, float[] action) {
    double from = physics.qpos(0);
    physics.advance(action, substeps);
    double velocity = (physics.qpos(0) - from) / (substeps * physics.timestep());
    boolean healthy = health.of(physics);
    double survival = healthy ? health.survival : 0;
    double cost = controlCost * Numbers.square(action);
    Map<String, Object> info =
        Map.of(
            "x_position", physics.qpos(0),
            "x_velocity", velocity,
            "reward_forward", velocity,
            "reward_ctrl", -cost,
            "reward_survive", survival);
    return new Step<>(observe(physics), velocity + survival - cost, !healthy, false, info);
  }

  @Override
  public View view(Physics physics) {
    return seenFromAbove
        ? View.above(6, physics.xpos(1, 0), physics.xpos(1, 1), 0)
        : View.aside(physics, 3.2, 0.9);
  }
}
