package telos.tensor;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The lifetime of tensors. What is created inside [#call] dies at its end and goes back to the
/// device, except what it returns. Under an outer [Recorder] everything is handed outward instead,
/// because the outer derivative may still need it.
public final class Scope {
  private static final ScopedValue<Scope> CURRENT = ScopedValue.newInstance();

  private final String name;
  private final @Nullable Scope parent;
  private final List<Storage> owned = new ArrayList<>();
  private boolean live = true;

  private Scope(String name, @Nullable Scope parent) {
    this.name = name;
    this.parent = parent;
  }

  /// The innermost scope bound on this thread, or null.
  public static @Nullable Scope current() {
    return CURRENT.isBound() ? CURRENT.get() : null;
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

  /// How many storages were made so far: a mark for [#releaseSince].
  public int mark() {
    return owned.size();
  }

  /// Releases what was made since `mark`, except what `kept` accepts, and forgets what has died.
  public void releaseSince(int mark, Predicate<Storage> kept) {
    List<Storage> since = owned.subList(mark, owned.size());
    List<Storage> alive = new ArrayList<>();
    for (Storage storage : since) {
      if (kept.test(storage)) {
        alive.add(storage);
      } else {
        release(storage);
      }
    }
    since.clear();
    owned.addAll(alive);
  }

  static void adopt(Storage storage) {
    if (CURRENT.isBound()) {
      Scope scope = CURRENT.get();
      storage.owner = scope;
      scope.owned.add(storage);
    }
  }

  /// Throws if the tensor is dead, or belongs to a live scope that is not bound on this thread.
  static void check(Op op, Tensor input) {
    Storage storage = input.storage();
    Scope owner = storage.owner;
    boolean foreign = elsewhere(owner) || elsewhere(input.home);
    if (foreign || !storage.alive()) {
      throw unusable(op.name(), input);
    }
  }

  /// What to throw for a tensor that [#check] refuses.
  static IllegalStateException unusable(String use, Tensor input) {
    Storage storage = input.storage();
    Scope owner = elsewhere(input.home) ? input.home : storage.owner;
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
  private static boolean elsewhere(@Nullable Scope scope) {
    return scope != null && scope.live && !bound(scope);
  }

  private static boolean bound(Scope owner) {
    for (Scope scope = current(); scope != null; scope = scope.parent) {
      if (scope == owner) {
        return true;
      }
    }
    return false;
  }

  private void end(@Nullable Object result) {
    Set<Storage> kept = Collections.newSetFromMap(new IdentityHashMap<>());
    if (result != null) {
      Tree.forEachTensor(result, tensor -> kept.add(tensor.storage()));
    }
    boolean recorded = parent != null && Dispatch.recorder() != null;
    for (Storage storage : owned) {
      if (storage.owner != this || !storage.alive()) {
        continue;
      }
      if (recorded || kept.contains(storage)) {
        storage.owner = parent;
        if (parent != null) {
          parent.owned.add(storage);
        }
      } else {
        storage.release();
      }
    }
    live = false;
  }
}
