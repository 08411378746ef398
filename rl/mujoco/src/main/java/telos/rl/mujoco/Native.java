package telos.rl.mujoco;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The functions of one MuJoCo library.
///
/// MuJoCo ends the process on an error and writes a log file on a warning, unless there are
/// handlers for both: here they note the message for the thread that made the call, and the call's
/// caller looks there. MuJoCo wants its error handler never to return, but a Java thread can
/// neither be unwound nor abandoned from within; so it returns, and what was being computed is
/// never used, nor freed, again (see [Loaded]).
@SuppressWarnings("restricted") // foreign functions
record Native(
    Path file,
    Layout layout,
    MethodHandle loadXml,
    MethodHandle makeData,
    MethodHandle deleteModel,
    MethodHandle deleteData,
    MethodHandle nameToId,
    MethodHandle step,
    MethodHandle forward,
    MethodHandle reset,
    MethodHandle outerForces,
    Optional<StateFunctions> states) {
  private static final Linker LINKER = Linker.nativeLinker();
  private static final FunctionDescriptor HANDLER = FunctionDescriptor.ofVoid(ADDRESS);

  /// More than any message has.
  private static final long MESSAGE = 4096;

  private static final ThreadLocal<@Nullable String> ERROR = new ThreadLocal<>();
  private static final ThreadLocal<@Nullable String> WARNING = new ThreadLocal<>();

  /// What newer versions have to copy a state whole.
  record StateFunctions(MethodHandle size, MethodHandle get, MethodHandle set) {}

  /// Binds the library in a file.
  ///
  /// @throws IllegalStateException in one sentence, if it is not a MuJoCo that telos knows
  static Native open(Path file) {
    SymbolLookup symbols = symbols(file);
    int version = version(file, symbols);
    Layout layout =
        Layout.of(version)
            .orElseThrow(() ->
                new IllegalStateException(
                    file
                        + " is MuJoCo "
                        + Layout.name(version)
                        + ", which telos does not know; needs one from "
                        + Layout.known()
                        + ", such as Debian's libmujoco2.2.2"));
    listen(symbols, "mju_user_error", ERROR);
    listen(symbols, "mju_user_warning", WARNING);
    var onData = FunctionDescriptor.ofVoid(ADDRESS, ADDRESS);
    var free = FunctionDescriptor.ofVoid(ADDRESS);
    return new Native(
        file,
        layout,
        bind(
            symbols,
            "mj_loadXML",
            FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS, JAVA_INT)),
        bind(symbols, "mj_makeData", FunctionDescriptor.of(ADDRESS, ADDRESS)),
        bind(symbols, "mj_deleteModel", free),
        bind(symbols, "mj_deleteData", free),
        bind(symbols, "mj_name2id", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS)),
        bind(symbols, "mj_step", onData),
        bind(symbols, "mj_forward", onData),
        bind(symbols, "mj_resetData", onData),
        bind(symbols, "mj_rnePostConstraint", onData),
        layout.integrationState() == 0 ? Optional.empty() : Optional.of(stateFunctions(symbols)));
  }

  private static StateFunctions stateFunctions(SymbolLookup symbols) {
    var copy = FunctionDescriptor.ofVoid(ADDRESS, ADDRESS, ADDRESS, JAVA_INT);
    return new StateFunctions(
        bind(symbols, "mj_stateSize", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT)),
        bind(symbols, "mj_getState", copy),
        bind(symbols, "mj_setState", copy));
  }

  private static SymbolLookup symbols(Path file) {
    try {
      return SymbolLookup.libraryLookup(file, Arena.global());
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(file + " cannot be loaded: " + e.getMessage(), e);
    }
  }

  private static int version(Path file, SymbolLookup symbols) {
    if (symbols.find("mj_version").isEmpty()) {
      throw new IllegalStateException(file + " is no MuJoCo library");
    }
    try {
      return (int) bind(symbols, "mj_version", FunctionDescriptor.of(JAVA_INT)).invokeExact();
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  private static MethodHandle bind(SymbolLookup symbols, String name, FunctionDescriptor type) {
    return LINKER.downcallHandle(symbols.findOrThrow(name), type);
  }

  /// Points one of the library's handlers at a Java method.
  private static void listen(
      SymbolLookup symbols, String variable, ThreadLocal<@Nullable String> heard) {
    try {
      MethodHandle note =
          MethodHandles.lookup()
              .findStatic(
                  Native.class,
                  "note",
                  MethodType.methodType(void.class, ThreadLocal.class, MemorySegment.class))
              .bindTo(heard);
      MemorySegment stub = LINKER.upcallStub(note, HANDLER, Arena.global());
      symbols.findOrThrow(variable).reinterpret(ADDRESS.byteSize()).set(ADDRESS, 0, stub);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("mujoco: no handler for " + variable, e);
    }
  }

  /// Called by MuJoCo. Nothing may be thrown into it: that would end the process.
  @SuppressWarnings("UnusedMethod") // found by listen
  private static void note(ThreadLocal<String> heard, MemorySegment message) {
    try {
      heard.set(sentence(message.reinterpret(MESSAGE)));
    } catch (RuntimeException _) {
      heard.set("an error whose message cannot be read");
    }
  }

  /// The text on one line.
  static String sentence(MemorySegment text) {
    return text.getString(0).strip().replaceAll("\\s+", " ");
  }

  /// What MuJoCo last said went wrong in a call of this thread; it is forgotten by that.
  static Optional<String> takeError() {
    return take(ERROR);
  }

  /// What MuJoCo last warned this thread of; it is forgotten by that.
  static Optional<String> takeWarning() {
    return take(WARNING);
  }

  private static Optional<String> take(ThreadLocal<@Nullable String> heard) {
    String message = heard.get();
    if (message != null) {
      heard.remove();
    }
    return Optional.ofNullable(message);
  }

  /// Loads a model.
  ///
  /// @return NULL after an error, whose message is then in `error`
  MemorySegment load(MemorySegment path, MemorySegment error) {
    // Not every version's parser may run in two threads at once.
    synchronized (LINKER) {
      try {
        return (MemorySegment)
            loadXml.invokeExact(path, MemorySegment.NULL, error, (int) error.byteSize());
      } catch (Throwable e) {
        throw rethrown(e);
      }
    }
  }

  MemorySegment makeData(MemorySegment model) {
    try {
      return (MemorySegment) makeData.invokeExact(model);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /// Calls a function of one pointer.
  static void free(MethodHandle function, MemorySegment memory) {
    try {
      function.invokeExact(memory);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /// Calls a function of a model and its data.
  static void run(MethodHandle function, MemorySegment model, MemorySegment data) {
    try {
      function.invokeExact(model, data);
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /// The number of what has a name, -1 if nothing has.
  int id(MemorySegment model, int kind, String name) {
    try (Arena arena = Arena.ofConfined()) {
      return (int) nameToId.invokeExact(model, kind, arena.allocateFrom(name));
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /// How many numbers [#readState] needs; 0 where there is no such function.
  int stateSize(MemorySegment model) {
    if (states.isEmpty()) {
      return 0;
    }
    try {
      return (int) states.get().size.invokeExact(model, layout.integrationState());
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /// Puts a state together in `state`.
  void readState(MemorySegment model, MemorySegment data, MemorySegment state) {
    copy(states.orElseThrow().get, model, data, state);
  }

  /// Takes a state over from `state`.
  void writeState(MemorySegment model, MemorySegment data, MemorySegment state) {
    copy(states.orElseThrow().set, model, data, state);
  }

  private void copy(
      MethodHandle function, MemorySegment model, MemorySegment data, MemorySegment state) {
    try {
      function.invokeExact(model, data, state, layout.integrationState());
    } catch (Throwable e) {
      throw rethrown(e);
    }
  }

  /// Handles declare `Throwable`; what they throw is unchecked.
  private static RuntimeException rethrown(Throwable e) {
    return switch (e) {
      case RuntimeException unchecked -> unchecked;
      case Error error -> throw error;
      default -> new IllegalStateException(e);
    };
  }
}
