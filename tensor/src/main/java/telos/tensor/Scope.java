package telos.tensor;

import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// The lifetime of tensors. What is created inside [#call] dies at its end and goes back to the
/// device, except what it returns. Under an outer [Recorder] everything is handed outward instead,
/// because the outer derivative may still need it.
public final class Scope {
  private static final ScopedValue<Scope> CURRENT = ScopedValue.newInstance();
  private static final Storage[] NONE = {};

  /// Stands for no scope: asking for a value with a default is one look-up.
  private static final Scope NOWHERE = new Scope("nowhere", null);

  private final String name;
  private final @Nullable Scope parent;
  private Storage[] owned = NONE;
  private int count;
  private boolean live = true;

  private Scope(String name, @Nullable Scope parent) {
    this.name = name;
    this.parent = parent;
  }

  /// The innermost scope bound on this thread, or null.
  public static @Nullable Scope current() {
    Scope scope = CURRENT.orElse(NOWHERE);
    return scope == NOWHERE ? null : scope;
  }

  /// Runs `body`; of the tensors made inside, those reachable from the returned value (a tensor, or
  /// anything [Tree] can walk) survive into the enclosing scope.
  public static <T extends @Nullable Object> T call(Supplier<T> body) {
    return call("Scope.call", body);
  }

  /// As [#call(Supplier)], with the name that error messages use.
  public static <T extends @Nullable Object> T call(String name, Supplier<T> body) {
    Scope scope = new Scope(name, current());
    T result = null;
    boolean done = false;
    try {
      result = ScopedValue.where(CURRENT, scope).call(body::get);
      done = true;
    } finally {
      scope.end(done ? result : null);
    }
    return result;
  }

  /// As [#call(String, Supplier)], for a state and the one that takes its place: memory that only
  /// the old one holds, and that the enclosing scope made, goes back to the device at once rather
  /// than at that scope's end. So a loop of steps needs the memory of one.
  ///
  ///     for (...) state = Scope.next("step", state, now -> step(now));
  public static <T> T next(String name, T state, UnaryOperator<T> step) {
    T next = call(name, () -> step.apply(state));
    Scope scope = current();
    if (scope != null && Dispatch.recorder() == null) {
      Set<Storage> kept = Collections.newSetFromMap(new IdentityHashMap<>());
      Tree.forEachTensor(next, tensor -> kept.add(tensor.storage()));
      Tree.forEachTensor(
          state,
          tensor -> {
            if (!kept.contains(tensor.storage())) {
              scope.release(tensor.storage());
            }
          });
    }
    return next;
  }

  /// The name used in messages.
  public String name() {
    return name;
  }

  /// Gives the memory of a storage that this scope owns back at once; does nothing for others.
  public void release(Storage storage) {
    if (storage.owner == this && storage.alive()) {
      storage.release();
    }
  }

  /// True if the storage was made in this scope and is alive.
  public boolean owns(Storage storage) {
    return storage.owner == this && storage.alive();
  }

  /// Keeps a storage from [#drop] and [#releaseSince] until it has been dropped as often as held.
  /// Those that belong to no scope outlive every scope and are not counted.
  public void hold(Storage storage) {
    if (storage.owner != null) {
      storage.holds++;
    }
  }

  /// Undoes one [#hold]; what nobody holds any more and this scope owns is given back at once.
  public void drop(Storage storage) {
    if (storage.holds > 0 && --storage.holds == 0) {
      release(storage);
    }
  }

  /// How many storages were made so far: a mark for [#releaseSince].
  public int mark() {
    return count;
  }

  /// Releases what was made since `mark`, except what is held, and forgets what has died.
  public void releaseSince(int mark) {
    int alive = mark;
    for (int i = mark; i < count; i++) {
      Storage storage = owned[i];
      if (storage.holds > 0) {
        owned[alive++] = storage;
      } else {
        release(storage);
      }
    }
    Arrays.fill(owned, alive, count, null);
    count = alive;
  }

  /// Takes charge of a storage that belongs to nobody.
  void adopt(Storage storage) {
    storage.owner = this;
    if (count == owned.length) {
      owned = Arrays.copyOf(owned, Math.max(8, 2 * count));
    }
    owned[count++] = storage;
  }

  /// Throws if the tensor is dead, or belongs to a live scope that is not bound on this thread.
  ///
  /// @param current the innermost scope bound on this thread
  static void check(Op op, Tensor input, @Nullable Scope current) {
    Storage storage = input.storage();
    if (elsewhere(storage.owner, current) || elsewhere(input.home, current) || !storage.alive()) {
      throw unusable(op.name(), input);
    }
  }

  /// What to throw for a tensor that [#check] refuses.
  static IllegalStateException unusable(String use, Tensor input) {
    Storage storage = input.storage();
    Scope owner = elsewhere(input.home, current()) ? input.home : storage.owner;
    String place = owner == null ? "an optimizer step" : owner.name;
    String why;
    if (storage instanceof Absent absent) {
      why = " is absent (" + absent.reason() + ")";
    } else if (storage.alive()) {
      why =
          " belongs to '"
              + place
              + "', which runs on another thread; operations on it must stay on that thread";
    } else {
      why =
          " is dead: it was made in '"
              + place
              + "', which has ended; return it from there if it is needed later";
    }
    return new IllegalStateException(use + ": an input of shape " + input.shape() + why);
  }

  /// True for a live scope that is not bound on this thread.
  private static boolean elsewhere(@Nullable Scope scope, @Nullable Scope current) {
    return scope != null && scope != current && scope.live && !bound(scope, current);
  }

  private static boolean bound(Scope owner, @Nullable Scope current) {
    for (Scope scope = current; scope != null; scope = scope.parent) {
      if (scope == owner) {
        return true;
      }
    }
    return false;
  }

  private void end(@Nullable Object result) {
    if (result != null) {
      Tree.forEachTensor(result, tensor -> handOut(tensor.storage()));
    }
    boolean recorded = parent != null && Dispatch.recorder() != null;
    for (int i = 0; i < count; i++) {
      if (recorded) {
        handOut(owned[i]);
      } else {
        release(owned[i]);
      }
    }
    owned = NONE;
    count = 0;
    live = false;
  }

  /// Gives a storage to the enclosing scope, or to nobody.
  private void handOut(Storage storage) {
    if (!owns(storage)) {
      return;
    }
    storage.owner = null;
    if (parent != null) {
      parent.adopt(storage);
    }
  }
}
