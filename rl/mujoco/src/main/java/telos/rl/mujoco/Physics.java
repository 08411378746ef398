package telos.rl.mujoco;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import telos.rl.environment.Space;

/// A mechanism that MuJoCo simulates. Names are MuJoCo's: `qpos` and `qvel` are generalised
/// positions and velocities, `xpos` where bodies are, `cfrc` the outer forces on them.
///
/// As in MuJoCo, `xpos` is that of the last time the forces were computed, one substep before
/// `qpos`. After an error within MuJoCo the mechanism cannot be used any more. Not safe for use by
/// several threads at once.
public final class Physics implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("telos.rl.mujoco");

  /// `mjOBJ_BODY`, the same in all versions.
  private static final int BODY = 1;

  private final Loaded loaded;
  private final int nq;
  private final int nv;
  private final int nu;
  private final int nbody;
  private final double timestep;
  private final MemorySegment time;
  private final MemorySegment qpos;
  private final MemorySegment qvel;
  private final MemorySegment ctrl;
  private final MemorySegment xpos;
  private final MemorySegment cfrc;

  /// Where newer libraries put together all that a step depends on; empty in older ones.
  private final MemorySegment whole;

  /// All that a step and what is seen depend on, in the order of a state's numbers.
  private final List<MemorySegment> parts;

  private final int stateSize;
  private Optional<String> divergence = Optional.empty();

  private Physics(Loaded loaded) {
    this.loaded = loaded;
    Struct model = loaded.model();
    Struct data = loaded.data();
    nq = model.count("nq");
    nv = model.count("nv");
    nu = model.count("nu");
    nbody = model.count("nbody");
    timestep = model.number("opt.timestep");
    time = data.inside("time", 1);
    qpos = data.array("qpos", nq);
    qvel = data.array("qvel", nv);
    ctrl = data.array("ctrl", nu);
    xpos = data.array("xpos", 3 * nbody);
    cfrc = data.array("cfrc_ext", 6 * nbody);
    whole = loaded.allocate(loaded.mujoco().stateSize(model.memory()));
    parts = new ArrayList<>(List.of(xpos, cfrc));
    if (loaded.mujoco().states().isPresent()) {
      parts.add(whole);
    } else {
      MemorySegment act = data.array("act", model.count("na"));
      parts.addAll(List.of(time, qpos, qvel, act, data.array("qacc_warmstart", nv)));
    }
    stateSize = parts.stream().mapToInt(Physics::size).sum();
    loaded.run(loaded.mujoco().forward());
  }

  /// Of a model's text.
  ///
  /// @throws IllegalArgumentException in one sentence, for what is no MJCF
  /// @throws IllegalStateException in one sentence, where there is no MuJoCo
  public static Physics of(String mjcf) {
    return of(Mujoco.library(), "model", mjcf);
  }

  /// Of a model's file and the files that it refers to: MuJoCo reads whatever the model names,
  /// wherever that lies.
  ///
  /// @throws IllegalArgumentException in one sentence, for what is no MJCF
  /// @throws IllegalStateException in one sentence, where there is no MuJoCo
  public static Physics read(Path mjcf) {
    if (!Files.isReadable(mjcf) || Files.isDirectory(mjcf)) {
      throw new IllegalArgumentException("mujoco: " + mjcf + " is no file that can be read");
    }
    return new Physics(new Loaded(Mujoco.library(), String.valueOf(mjcf.getFileName()), mjcf));
  }

  /// Of one of the models here.
  static Physics resource(String name) {
    try (InputStream stream = Objects.requireNonNull(Physics.class.getResourceAsStream(name))) {
      return of(Mujoco.library(), name, new String(stream.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Physics of(Native library, String name, String mjcf) {
    try {
      Path file = Files.createTempFile("telos", ".xml");
      try {
        Files.writeString(file, mjcf);
        return new Physics(new Loaded(library, name, file));
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// How many numbers `qpos` has.
  public int nq() {
    return nq;
  }

  /// How many numbers `qvel` has: the degrees of freedom.
  public int nv() {
    return nv;
  }

  /// How many controls there are.
  public int nu() {
    return nu;
  }

  /// How many bodies there are, the world (number 0) included.
  public int nbody() {
    return nbody;
  }

  /// Seconds of a substep.
  public double timestep() {
    return timestep;
  }

  /// Seconds since the start.
  public double time() {
    return at(time, 0);
  }

  /// A generalised position.
  public double qpos(int i) {
    return at(qpos, i);
  }

  /// A generalised velocity.
  public double qvel(int i) {
    return at(qvel, i);
  }

  /// A coordinate of a body's origin in the world.
  public double xpos(int body, int axis) {
    return at(xpos, 3 * body + axis);
  }

  /// A component of the outer force on a body, the torque's three first; see [#computeForces].
  public double cfrc(int body, int component) {
    return at(cfrc, 6 * body + component);
  }

  private double at(MemorySegment numbers, int i) {
    loaded.requireLive();
    return numbers.getAtIndex(JAVA_DOUBLE, i);
  }

  /// The positions in which the model is written.
  public double[] qpos0() {
    return loaded.model().array("qpos0", nq).toArray(JAVA_DOUBLE);
  }

  /// The mass of a body.
  public double mass(int body) {
    return loaded.model().array("body_mass", nbody).getAtIndex(JAVA_DOUBLE, body);
  }

  /// The number of the body with a name.
  public int body(String named) {
    int id = loaded.mujoco().id(loaded.model().memory(), BODY, named);
    if (id < 0) {
      throw new IllegalArgumentException("mujoco: " + loaded.name() + " has no body " + named);
    }
    return id;
  }

  /// Potential and kinetic energy, where the model's flag `energy` asks for them.
  public double energy() {
    return Arrays.stream(loaded.data().inside("energy", 2).toArray(JAVA_DOUBLE)).sum();
  }

  /// Where controls lie; those without limits may be anything.
  public Space.Box controls() {
    byte[] limited = loaded.model().bytes("actuator_ctrllimited", nu);
    MemorySegment range = loaded.model().array("actuator_ctrlrange", 2 * nu);
    float[] low = new float[nu];
    float[] high = new float[nu];
    for (int i = 0; i < nu; i++) {
      boolean free = limited[i] == 0;
      low[i] = free ? Float.NEGATIVE_INFINITY : (float) at(range, 2 * i);
      high[i] = free ? Float.POSITIVE_INFINITY : (float) at(range, 2 * i + 1);
    }
    return Space.Box.of(low, high);
  }

  /// Begins anew, at these positions and velocities.
  public void start(double[] positions, double[] velocities) {
    requireSize("positions", positions.length, nq);
    requireSize("velocities", velocities.length, nv);
    loaded.run(loaded.mujoco().reset());
    MemorySegment.copy(positions, 0, qpos, JAVA_DOUBLE, 0, nq);
    MemorySegment.copy(velocities, 0, qvel, JAVA_DOUBLE, 0, nv);
    loaded.run(loaded.mujoco().forward());
    divergence = Optional.empty();
  }

  /// Goes on by some substeps under constant controls; see [#divergence].
  public void advance(float[] control, int substeps) {
    requireSize("controls", control.length, nu);
    loaded.requireLive();
    for (int i = 0; i < nu; i++) {
      ctrl.setAtIndex(JAVA_DOUBLE, i, control[i]);
    }
    divergence = Optional.empty();
    for (int i = 0; i < substeps && divergence.isEmpty(); i++) {
      substep();
    }
  }

  private void substep() {
    double due = time() + timestep / 2;
    loaded.run(loaded.mujoco().step());
    Optional<String> warning = Native.takeWarning();
    if (time() < due || warning.filter(text -> text.contains("unstable")).isPresent()) {
      divergence = Optional.of(warning.orElse("The simulation is unstable."));
    } else if (warning.isPresent()) {
      LOG.log(System.Logger.Level.WARNING, "{0}: {1}", loaded.name(), warning.get());
    }
  }

  /// What MuJoCo said if numbers grew without bounds in the last [#advance]. It has then put
  /// everything back to where the model begins, its clock too. It says so once until the next
  /// [#start]; the clock tells the other times.
  public Optional<String> divergence() {
    return divergence;
  }

  /// Computes the outer forces on bodies, which a step leaves out.
  public void computeForces() {
    loaded.run(loaded.mujoco().outerForces());
  }

  /// How many numbers a state has.
  public int stateSize() {
    return stateSize;
  }

  /// Writes down all that the future depends on, and the derived numbers `xpos` and `cfrc`.
  public void state(double[] into) {
    requireSize("numbers of a state", into.length, stateSize);
    loaded.requireLive();
    if (whole.byteSize() > 0) {
      loaded.mujoco().readState(loaded.model().memory(), loaded.data().memory(), whole);
    }
    int at = 0;
    for (MemorySegment part : parts) {
      MemorySegment.copy(part, JAVA_DOUBLE, 0, into, at, size(part));
      at += size(part);
    }
  }

  /// Goes on from a state, bit for bit as from where it was written down. What is derived is
  /// computed in between, for pictures; that changes where the solver starts, so the state is set
  /// again.
  public void restore(double[] state) {
    requireSize("numbers of a state", state.length, stateSize);
    loaded.run(loaded.mujoco().reset());
    set(state);
    loaded.run(loaded.mujoco().forward());
    set(state);
    divergence = Optional.empty();
  }

  private void set(double[] state) {
    int at = 0;
    for (MemorySegment part : parts) {
      MemorySegment.copy(state, at, part, JAVA_DOUBLE, 0, size(part));
      at += size(part);
    }
    if (whole.byteSize() > 0) {
      loaded.mujoco().writeState(loaded.model().memory(), loaded.data().memory(), whole);
    }
  }

  private static int size(MemorySegment doubles) {
    return (int) (doubles.byteSize() / JAVA_DOUBLE.byteSize());
  }

  private void requireSize(String what, int given, int size) {
    if (given != size) {
      throw new IllegalArgumentException(
          "mujoco: " + loaded.name() + " has " + size + " " + what + ", not " + given);
    }
  }

  /// How far the model reaches.
  double extent() {
    return loaded.model().number("stat.extent");
  }

  /// The middle of the model.
  double[] centre() {
    return loaded.model().inside("stat.center", 3).toArray(JAVA_DOUBLE);
  }

  /// What can be seen.
  List<Shape> shapes() {
    return Shape.all(loaded.model(), loaded.data());
  }

  /// Frees the memory; closing twice does nothing.
  @Override
  public void close() {
    loaded.close();
  }
}
