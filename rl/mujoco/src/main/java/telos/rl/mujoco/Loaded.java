package telos.rl.mujoco;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Cleaner;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/// A model and its data in MuJoCo's memory, from loading to freeing.
///
/// After an error within MuJoCo neither can be used any more, and their memory is given up rather
/// than freed, for nobody knows what became of it. The error there is in practice, a stack that
/// overflows, is made unlikely by giving every model [#STACK] bytes at least.
final class Loaded implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  /// Address space, which costs memory only where it is touched.
  private static final int STACK = 1 << 26;

  private final Native mujoco;
  private final String name;
  private final Arena life = Arena.ofShared();
  private final AtomicBoolean broken = new AtomicBoolean();
  private final Struct model;
  private final Struct data;

  /// Closes the life once, at the latest when nobody can reach this any more.
  private final Cleaner.Cleanable memory;

  /// @param name for messages
  Loaded(Native mujoco, String name, Path file) {
    this.mujoco = mujoco;
    this.name = name;
    try {
      model = load(file);
      data = make();
    } catch (RuntimeException e) {
      life.close();
      throw e;
    }
    memory = CLEANER.register(this, life::close);
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

  Native mujoco() {
    return mujoco;
  }

  String name() {
    return name;
  }

  Struct model() {
    requireLive();
    return model;
  }

  Struct data() {
    requireLive();
    return data;
  }

  /// Memory that lives as long.
  MemorySegment allocate(int doubles) {
    return life.allocate(JAVA_DOUBLE, doubles);
  }

  /// Calls a function of a model and its data.
  void run(MethodHandle function) {
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

  void requireLive() {
    if (broken.get() || !life.scope().isAlive()) {
      throw new IllegalStateException(
          "mujoco: " + name + (broken.get() ? " is broken by an earlier error" : " is closed"));
    }
  }

  @Override
  public void close() {
    memory.clean();
  }
}
