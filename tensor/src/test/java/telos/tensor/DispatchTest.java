package telos.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DispatchTest {
  private static final Device FIRST = Device.of("reference");
  private static final Device SECOND = new ReferenceDevice("reference:2");

  private static Tensor on(Device device, float... values) {
    return device.with(() -> Tensor.of(values));
  }

  @Test
  void mixedDevicesAreRefused() {
    Tensor a = on(FIRST, 1);
    Tensor b = on(SECOND, 2);
    var thrown = assertThrows(IllegalArgumentException.class, () -> a.add(b));
    assertEquals(
        "add: inputs lie on reference and reference:2; move one with to(device)",
        thrown.getMessage());
    assertEquals(3, a.add(b.to(FIRST)).item());
    assertSame(SECOND, a.to(SECOND).device());
    assertNotSame(a.storage(), a.to(SECOND).storage());
    assertSame(a.storage(), Dispatch.move(new Op.ToDevice(a, FIRST)).storage());
  }

  /// Scalars and helpers follow the tensor's device, whatever the current one.
  @Test
  void constantsFollowTheTensor() {
    Tensor b = on(SECOND, 2, 5);
    FIRST.with(() -> {
      assertSame(SECOND, b.add(1).device());
      assertSame(SECOND, b.zerosLike().device());
      Tensor index = b.argMax(0).unsqueeze(0);
      assertSame(SECOND, index.oneHot(2).device());
      assertSame(SECOND, b.unsqueeze(0).pick(index).device());
      return 0;
    });
  }

  @Test
  void everyOperationIsRecordedWithItsOutputs() {
    List<String> names = new ArrayList<>();
    List<Tensor> outputs = new ArrayList<>();
    Tensor x = on(FIRST, 1, 2);
    Tensor y =
        ScopedValue.where(
                Recorder.CURRENT,
                (op, results) -> {
                  names.add(op.name());
                  outputs.addAll(results);
                })
            .call(() -> x.mul(x).sum(0));
    assertEquals(List.of("mul", "sum"), names);
    assertSame(y, outputs.getLast());
    assertEquals("", ((Recorder) (_, _) -> {}).whereabouts(new Op.Neg(x)));
  }

  /// `x^2` and its residual `2x`.
  private record Square(Tensor x) implements Op.Fused {
    @Override
    public List<Tensor> inputs() {
      return List.of(x);
    }

    @Override
    public Square with(List<Tensor> in) {
      return new Square(in.getFirst());
    }

    @Override
    public Shape shape() {
      return x.shape();
    }

    @Override
    public DType dtype() {
      return x.dtype();
    }

    @Override
    public List<Tensor> definition() {
      return List.of(x.mul(x), x.mul(2));
    }
  }

  /// The same with a derivative of its own.
  private record Own(Tensor x) implements Op.Differentiable {
    @Override
    public List<Tensor> inputs() {
      return List.of(x);
    }

    @Override
    public Own with(List<Tensor> in) {
      return new Own(in.getFirst());
    }

    @Override
    public Shape shape() {
      return x.shape();
    }

    @Override
    public DType dtype() {
      return x.dtype();
    }

    @Override
    public List<Tensor> definition() {
      return List.of(x.mul(x), x.mul(2));
    }

    @Override
    public List<@Nullable Tensor> vjp(
        List<Tensor> outputs, List<@Nullable Tensor> cotangents, IntPredicate wanted) {
      return List.of(outputs.get(1).mul(cotangents.getFirst()));
    }
  }

  private static List<String> recorded(Supplier<?> body) {
    List<String> names = new ArrayList<>();
    ScopedValue.where(Recorder.CURRENT, (op, _) -> names.add(op.name())).call(body::get);
    return names;
  }

  @Test
  void fusedOperationsAreRecordedAsOne() {
    Tensor x = on(FIRST, 3);
    assertEquals(List.of("square"), recorded(() -> new Square(x).outputs()));
    assertEquals(List.of("own"), recorded(() -> new Own(x).outputs()));
    assertEquals(9, new Square(x).result().item());
    assertEquals(6, new Own(x).outputs().get(1).item());
    assertEquals(1, new Own(x).resultCount());
  }

  /// A device with a kernel for [Square] alone.
  private static Device quick(Device memory) {
    return (Device)
        java.lang.reflect.Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (self, method, arguments) -> {
              if (method.isDefault()) {
                return java.lang.reflect.InvocationHandler.invokeDefault(self, method, arguments);
              }
              if (method.getName().equals("run")
                  && arguments.length == 1
                  && arguments[0] instanceof Square(Tensor x)) {
                double value = x.toDoubles()[0];
                Tensor result =
                    Tensor.wrap(
                        (Device) self,
                        new HeapStorage(new float[] {(float) (value * value), 0}),
                        Shape.of(1),
                        DType.F32);
                return List.of(result, result.alias());
              }
              return method.invoke(memory, arguments);
            });
  }

  @Test
  void kernelsAreRecordedAsOne() {
    Device device = quick(FIRST);
    Tensor x = on(device, 3);
    List<String> names = recorded(() -> new Square(x).result());
    assertEquals("square", names.getLast());
    Tensor kept = Scope.call(() -> new Square(x).result());
    assertArrayEquals(new float[] {9}, kept.toFloats());
    assertNull(kept.storage().owner);
  }

  @Test
  void anEmptyFusedOperationRunsOnTheCurrentDevice() {
    record Nothing() implements Op.Fused {
      @Override
      public List<Tensor> inputs() {
        return List.of();
      }

      @Override
      public Nothing with(List<Tensor> in) {
        return this;
      }

      @Override
      public Shape shape() {
        return Shape.SCALAR;
      }

      @Override
      public DType dtype() {
        return DType.F32;
      }

      @Override
      public List<Tensor> definition() {
        return List.of(Tensor.scalar(1f));
      }
    }
    assertSame(SECOND, SECOND.with(() -> new Nothing().result()).device());
    var thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> ReferenceDevice.compute(new Nothing(), Shape.SCALAR, new float[1]));
    assertTrue(thrown.getMessage().contains("nothing"), thrown.getMessage());
    assertNull(FIRST.run(new Nothing()));
  }
}
