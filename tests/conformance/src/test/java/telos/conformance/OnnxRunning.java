package telos.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import telos.nn.format.OnnxExport;
import telos.tensor.DType;
import telos.tensor.Shape;
import telos.tensor.Tensor;

/// A file in another runtime.
final class OnnxRunning implements AutoCloseable {
  private static final double TOLERANCE = 1e-4;
  private static final OrtEnvironment RUNTIME = OrtEnvironment.getEnvironment();

  private final OrtSession session;

  /// @param folder to write the file into
  OnnxRunning(OnnxExport export, Path folder) throws Exception {
    Path file = folder.resolve("model.onnx");
    export.write(file);
    session = RUNTIME.createSession(file.toString(), new OrtSession.SessionOptions());
  }

  void agrees(Map<String, Tensor> inputs, String output, Tensor expected) throws Exception {
    Map<String, OnnxTensor> theirs = new HashMap<>();
    for (var input : inputs.entrySet()) {
      theirs.put(input.getKey(), theirs(input.getValue()));
    }
    try (OrtSession.Result results = session.run(theirs)) {
      OnnxTensor found = (OnnxTensor) results.get(output).orElseThrow();
      long[] dims = Arrays.stream(expected.shape().dims()).asLongStream().toArray();
      assertArrayEquals(dims, found.getInfo().getShape());
      FloatBuffer values = found.getFloatBuffer();
      float[] floats = new float[values.remaining()];
      values.get(floats);
      assertArrayEquals(expected.toFloats(), floats, (float) TOLERANCE);
    }
  }

  private static OnnxTensor theirs(Tensor tensor) throws OrtException {
    long[] dims = Arrays.stream(tensor.shape().dims()).asLongStream().toArray();
    if (tensor.dtype() == DType.I32) {
      long[] longs = Arrays.stream(tensor.toInts()).asLongStream().toArray();
      return OnnxTensor.createTensor(RUNTIME, LongBuffer.wrap(longs), dims);
    }
    return OnnxTensor.createTensor(RUNTIME, FloatBuffer.wrap(tensor.toFloats()), dims);
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }

  /// Numbers from 0 to `below - 1`, always the same for a shape.
  static Tensor integers(int below, int... dims) {
    Shape shape = Shape.of(dims);
    RandomGenerator random = new java.util.Random(shape.hashCode());
    return Tensor.of(random.ints(shape.size(), 0, below).toArray(), shape);
  }
}
