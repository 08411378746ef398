package telos.tensor;

import org.jspecify.annotations.Nullable;

/// The memory behind one or more tensors (a reshaped tensor shares it). It belongs to the [Scope]
/// in which it was made and dies with it, unless the scope returns it.
public abstract class Storage {
  @Nullable Scope owner;

  /// How often it is held, see [Scope#hold].
  int holds;

  protected Storage() {}

  /// False once the memory has gone back to the device.
  public abstract boolean alive();

  /// Gives the memory back to the device; later use throws.
  protected abstract void release();

  /// Hands the memory back at once. For optimizers, which consume their old state; nobody else may
  /// still hold a tensor of this storage.
  public void consume() {
    if (alive()) {
      release();
    }
  }
}
