package telos.tensor;

final class Printer {
  private Printer() {}

  static String print(Tensor tensor) {
    return tensor.dtype() + tensor.shape().toString();
  }
}
