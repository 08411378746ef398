package telos.rl.mujoco;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Cleaner;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import telos.rl.environment.Space;

/// A mechanism that MuJoCo simulates: a model and its data. Names are MuJoCo's: `qpos` and `qvel`
/// are generalised positions and velocities, `xpos` where bodies are, `cfrc` the outer forces on
/// them.
///
/// As in MuJoCo, `xpos` is that of the last time the forces were computed, one substep before
/// `qpos`. Not safe for use by several threads at once.
///
/// After an error within MuJoCo the mechanism cannot be used any more, and its memory is given up
/// rather than freed, for nobody knows what became of it. The error there is in practice, a stack
/// that overflows, is made unlikely by giving every model [#STACK] bytes at least.
public final class Physics implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("telos.rl.mujoco");
  private static final Cleaner CLEANER = Cleaner.create();

  /// Address space, which costs memory only where it is touched.
  private static final int STACK = 1 << 26;

  /// `mjOBJ_BODY`, the same in all versions.
  private static final int BODY = 1;

  private final Native mujoco;
  private final String name;
  private final Arena life = Arena.ofShared();
  private final AtomicBoolean broken = new AtomicBoolean();
  private final Cleaner.Cleanable memory;
  private final Struct model;
  private final Struct data;
  private final MemorySegment time;
  private final MemorySegment qpos;
  private final MemorySegment qvel;
  private final MemorySegment ctrl;
  private final MemorySegment xpos;
  private final MemorySegment cfrc;

  /// All that a step and what is seen depend on, in the order of a state's numbers.
  private final List<MemorySegment> parts;

  /// Where the library puts a state together, if it can.
  private final MemorySegment whole;

  private Optional<String> divergence = Optional.empty();

  private Physics(Native mujoco, String name, Path file) {
    this.mujoco = mujoco;
    this.name = name;
    try {
      model = load(file);
      data = make();
      time = data.memory().asSlice(mujoco.layout().offset("data.time"), JAVA_DOUBLE.byteSize());
      qpos = doubles("qpos", nq());
      qvel = doubles("qvel", nv());
      ctrl = doubles("ctrl", nu());
      xpos = doubles("xpos", 3L * nbody());
      cfrc = doubles("cfrc_ext", 6L * nbody());
      whole = life.allocate(JAVA_DOUBLE, mujoco.stateSize(model.memory()));
      parts = new ArrayList<>(List.of(xpos, cfrc));
      parts.addAll(
          mujoco.states().isPresent()
              ? List.of(whole)
              : List.of(time, qpos, qvel, doubles("act", na()), doubles("qacc_warmstart", nv())));
    } catch (RuntimeException e) {
      life.close();
      throw e;
    }
    memory = CLEANER.register(this, life::close);
    run(mujoco.forward());
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
    return new Physics(Mujoco.library(), String.valueOf(mjcf.getFileName()), mjcf);
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
        return new Physics(library, name, file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Struct load(Path file) {
    MemorySegment message = life.allocate(1000);
    MemorySegment loaded = mujoco.load(life.allocateFrom(file.toString()), message);
    Optional<String> error = Native.takeError();
    if (loaded.address() == 0 || error.isPresent()) {
      throw new IllegalArgumentException(
          "mujoco: " + name + ": " + error.orElse(Native.sentence(message)));
    }
    Struct struct = struct("model", loaded, mujoco.deleteModel());
    struct.raise("memory", mujoco.layout().wide() ? STACK : STACK / JAVA_DOUBLE.byteSize());
    return struct;
  }

  private Struct make() {
    MemorySegment made = mujoco.makeData(model.memory());
    checkError();
    if (made.address() == 0) {
      throw new IllegalStateException("mujoco: " + name + ": no memory for its data");
    }
    return struct("data", made, mujoco.deleteData());
  }

  private Struct struct(String kind, MemorySegment start, MethodHandle delete) {
    AtomicBoolean lost = broken;
    return Struct.of(
        kind,
        start,
        mujoco.layout(),
        life,
        segment -> {
          if (!lost.get()) {
            Native.free(delete, segment);
          }
        });
  }

  private MemorySegment doubles(String field, long count) {
    return data.array(field, count * JAVA_DOUBLE.byteSize());
  }

  /// How many numbers `qpos` has.
  public int nq() {
    return count("nq");
  }

  /// How many numbers `qvel` has: the degrees of freedom.
  public int nv() {
    return count("nv");
  }

  /// How many controls there are.
  public int nu() {
    return count("nu");
  }

  /// How many inner states the actuators have.
  public int na() {
    return count("na");
  }

  /// How many bodies there are, the world (number 0) included.
  public int nbody() {
    return count("nbody");
  }

  private int count(String field) {
    requireLive();
    return model.count(field);
  }

  /// Seconds of a substep.
  public double timestep() {
    requireLive();
    return model.number("opt.timestep");
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
    requireLive();
    return numbers.getAtIndex(JAVA_DOUBLE, i);
  }

  /// The positions in which the model is written.
  public double[] qpos0() {
    return ofModel("qpos0", nq());
  }

  /// The mass of a body.
  public double mass(int body) {
    return ofModel("body_mass", nbody())[body];
  }

  private double[] ofModel(String field, int count) {
    requireLive();
    return model.array(field, count * JAVA_DOUBLE.byteSize()).toArray(JAVA_DOUBLE);
  }

  /// The number of the body with a name.
  public int body(String named) {
    requireLive();
    int id = mujoco.id(model.memory(), BODY, named);
    if (id < 0) {
      throw new IllegalArgumentException("mujoco: " + name + " has no body named " + named);
    }
    return id;
  }

  /// Potential and kinetic energy, where the model's flag `energy` asks for them.
  public double energy() {
    requireLive();
    return Arrays.stream(data.numbers("energy", 2)).sum();
  }

  /// Where controls lie; those without limits may be anything.
  public Space.Box controls() {
    int size = nu();
    byte[] limited = model.array("actuator_ctrllimited", size).toArray(JAVA_BYTE);
    double[] range = ofModel("actuator_ctrlrange", 2 * size);
    float[] low = new float[size];
    float[] high = new float[size];
    for (int i = 0; i < size; i++) {
      low[i] = limited[i] == 0 ? Float.NEGATIVE_INFINITY : (float) range[2 * i];
      high[i] = limited[i] == 0 ? Float.POSITIVE_INFINITY : (float) range[2 * i + 1];
    }
    return Space.Box.of(low, high);
  }

  /// Begins anew, at these positions and velocities.
  public void start(double[] positions, double[] velocities) {
    requireSize("positions", positions, nq());
    requireSize("velocities", velocities, nv());
    run(mujoco.reset());
    MemorySegment.copy(positions, 0, qpos, JAVA_DOUBLE, 0, positions.length);
    MemorySegment.copy(velocities, 0, qvel, JAVA_DOUBLE, 0, velocities.length);
    run(mujoco.forward());
  }

  /// Goes on by some substeps under constant controls; see [#divergence].
  public void advance(float[] control, int substeps) {
    requireLive();
    if (control.length != nu()) {
      throw new IllegalArgumentException(
          "mujoco: " + name + " has " + nu() + " controls, not " + control.length);
    }
    for (int i = 0; i < control.length; i++) {
      ctrl.setAtIndex(JAVA_DOUBLE, i, control[i]);
    }
    divergence = Optional.empty();
    for (int i = 0; i < substeps && divergence.isEmpty(); i++) {
      double due = time() + timestep() / 2;
      run(mujoco.step());
      Optional<String> warning = Native.takeWarning();
      if (time() < due) {
        divergence = Optional.of(warning.orElse("the simulation has diverged"));
      } else {
        warning.ifPresent(text -> LOG.log(System.Logger.Level.WARNING, name + ": " + text));
      }
    }
  }

  /// What MuJoCo said if numbers grew without bounds in the last [#advance]. MuJoCo has then put
  /// everything back to where the model begins, its clock too, by which this is noticed.
  public Optional<String> divergence() {
    return divergence;
  }

  /// Computes the outer forces on bodies, which a step leaves out.
  public void computeForces() {
    run(mujoco.outerForces());
  }

  /// How many numbers a state has.
  public int stateSize() {
    return Math.toIntExact(
        parts.stream().mapToLong(part -> part.byteSize() / JAVA_DOUBLE.byteSize()).sum());
  }

  /// Writes down all that the future depends on, and the derived numbers `xpos` and `cfrc`.
  public void state(double[] into) {
    requireSize("numbers of a state", into, stateSize());
    requireLive();
    mujoco
        .states()
        .ifPresent(states -> mujoco.copy(states.get(), model.memory(), data.memory(), whole));
    int at = 0;
    for (MemorySegment part : parts) {
      int size = (int) (part.byteSize() / JAVA_DOUBLE.byteSize());
      MemorySegment.copy(part, JAVA_DOUBLE, 0, into, at, size);
      at += size;
    }
  }

  /// Goes on from a state, bit for bit as from where it was written down. What is derived is
  /// computed in between, for pictures; that changes where the solver starts, so the state is set
  /// again.
  public void restore(double[] state) {
    requireSize("numbers of a state", state, stateSize());
    run(mujoco.reset());
    set(state);
    run(mujoco.forward());
    set(state);
  }

  private void set(double[] state) {
    int at = 0;
    for (MemorySegment part : parts) {
      int size = (int) (part.byteSize() / JAVA_DOUBLE.byteSize());
      MemorySegment.copy(state, at, part, JAVA_DOUBLE, 0, size);
      at += size;
    }
    mujoco
        .states()
        .ifPresent(states -> mujoco.copy(states.set(), model.memory(), data.memory(), whole));
  }

  private void requireSize(String what, double[] numbers, int size) {
    if (numbers.length != size) {
      throw new IllegalArgumentException(
          "mujoco: " + name + " has " + size + " " + what + ", not " + numbers.length);
    }
  }

  /// How far the model reaches, and around which point.
  double extent() {
    requireLive();
    return model.number("stat.extent");
  }

  double[] centre() {
    requireLive();
    return model.numbers("stat.center", 3);
  }

  /// What can be seen.
  List<Shape> shapes() {
    requireLive();
    int count = model.count("ngeom");
    int[] kinds = ints("geom_type", count);
    int[] materials = ints("geom_matid", count);
    float[] colours = floats("geom_rgba", 4 * count);
    float[] paints = floats("mat_rgba", 4 * model.count("nmat"));
    double[] sizes = ofModel("geom_size", 3 * count);
    double[] places = doubles("geom_xpos", 3L * count).toArray(JAVA_DOUBLE);
    double[] turns = doubles("geom_xmat", 9L * count).toArray(JAVA_DOUBLE);
    List<Shape> shapes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int paint = materials[i];
      shapes.add(
          new Shape(
              Shape.Kind.of(kinds[i]),
              Arrays.copyOfRange(sizes, 3 * i, 3 * i + 3),
              Arrays.copyOfRange(places, 3 * i, 3 * i + 3),
              Arrays.copyOfRange(turns, 9 * i, 9 * i + 9),
              paint < 0
                  ? Arrays.copyOfRange(colours, 4 * i, 4 * i + 4)
                  : Arrays.copyOfRange(paints, 4 * paint, 4 * paint + 4)));
    }
    return shapes;
  }

  private int[] ints(String field, int count) {
    return model.array(field, count * JAVA_INT.byteSize()).toArray(JAVA_INT);
  }

  private float[] floats(String field, int count) {
    return model.array(field, count * JAVA_FLOAT.byteSize()).toArray(JAVA_FLOAT);
  }

  private void run(MethodHandle function) {
    requireLive();
    Native.run(function, model.memory(), data.memory());
    checkError();
  }

  private void checkError() {
    Optional<String> error = Native.takeError();
    if (error.isPresent()) {
      broken.set(true);
      throw new IllegalStateException(
          "mujoco: " + name + ": " + error.get() + "; it cannot be used any more");
    }
  }

  private void requireLive() {
    if (broken.get() || !life.scope().isAlive()) {
      throw new IllegalStateException(
          "mujoco: " + name + (broken.get() ? " is broken by an earlier error" : " is closed"));
    }
  }

  /// Frees the memory; closing twice does nothing.
  @Override
  public void close() {
    memory.clean();
  }
}
