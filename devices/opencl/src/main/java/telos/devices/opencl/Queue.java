package telos.devices.opencl;

import static org.jocl.CL.*;

import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_mem;

/// The context of a device and its one in-order queue, for any number of host threads. The host
/// waits in [#read] alone, and once whenever [#STAGING] bytes have been written.
///
/// Because the queue is in order, a buffer may be handed to the next owner while kernels that use
/// it still wait: theirs comes first.
final class Queue implements AutoCloseable {
  /// An argument of a kernel: so many bytes of memory of the work-group.
  record Local(long bytes) {}

  /// Bytes on their way to the device. Writes from the Java heap would have to wait for the queue.
  private static final int STAGING = 8 << 20;

  /// Launches after which the driver is told to begin.
  private static final int FLUSH = 32;

  private final cl_context context;
  private final cl_device_id device;
  private final cl_command_queue queue;
  private final ByteBuffer staging =
      ByteBuffer.allocateDirect(STAGING).order(ByteOrder.nativeOrder());
  private int launches;
  private volatile boolean closed;

  Queue(Platforms.Found found) {
    var properties = new cl_context_properties();
    properties.addProperty(CL_CONTEXT_PLATFORM, found.platform());
    device = found.id();
    context = clCreateContext(properties, 1, new cl_device_id[] {device}, null, null, null);
    queue = createQueue();
  }

  @SuppressWarnings("deprecation") // the successor does not exist before OpenCL 2.0
  private cl_command_queue createQueue() {
    return clCreateCommandQueue(context, device, 0, null);
  }

  /// Whether [#close] was not called yet: after it every other call is an error.
  boolean isOpen() {
    return !closed;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("this OpenCL device is closed");
    }
  }

  cl_context context() {
    requireOpen();
    return context;
  }

  cl_device_id device() {
    return device;
  }

  cl_mem allocate(long bytes) {
    requireOpen();
    return clCreateBuffer(context, CL_MEM_READ_WRITE, bytes, null, null);
  }

  /// Sets arguments and puts a kernel on the queue.
  ///
  /// @param arguments [OpenClStorage], [Local], boxed numbers of the parameters' own types, or
  ///   `int[]` for a vector of them
  synchronized void launch(cl_kernel kernel, Range range, Object... arguments) {
    requireOpen();
    try {
      for (int i = 0; i < arguments.length; i++) {
        argument(kernel, i, arguments[i]);
      }
      long[] items = {range.items()};
      long[] group = {range.group()};
      clEnqueueNDRangeKernel(queue, kernel, 1, null, items, group, 0, null, null);
    } finally {
      Reference.reachabilityFence(arguments); // or the collector might take their buffers before
    }
    if (++launches % FLUSH == 0) {
      clFlush(queue);
    }
  }

  private static void argument(cl_kernel kernel, int i, Object argument) {
    switch (argument) {
      case OpenClStorage storage ->
          clSetKernelArg(kernel, i, Sizeof.cl_mem, Pointer.to(storage.buffer()));
      case Integer number -> clSetKernelArg(kernel, i, 4, Pointer.to(new int[] {number}));
      case Float number -> clSetKernelArg(kernel, i, 4, Pointer.to(new float[] {number}));
      case Double number -> clSetKernelArg(kernel, i, 8, Pointer.to(new double[] {number}));
      case Long number -> clSetKernelArg(kernel, i, 8, Pointer.to(new long[] {number}));
      case int[] numbers -> clSetKernelArg(kernel, i, 4L * numbers.length, Pointer.to(numbers));
      case Byte number -> clSetKernelArg(kernel, i, 1, Pointer.to(new byte[] {number}));
      case Local local -> clSetKernelArg(kernel, i, local.bytes(), null);
      default ->
          throw new IllegalArgumentException(
              "a kernel takes no " + argument.getClass().getSimpleName());
    }
  }

  /// Copies the first `bytes` of a Java array to a buffer.
  synchronized void write(cl_mem to, Object array, int bytes) {
    requireOpen();
    if (bytes > STAGING) {
      clEnqueueWriteBuffer(queue, to, true, 0, bytes, pointer(array), 0, null, null);
    } else if (bytes > 0) {
      if (bytes > staging.remaining()) {
        clFinish(queue);
        staging.clear();
      }
      int at = staging.position();
      stage(array, bytes);
      Pointer from = Pointer.to(staging).withByteOffset(at);
      clEnqueueWriteBuffer(queue, to, false, 0, bytes, from, 0, null, null);
    }
  }

  /// Copies an array to the staging buffer, whose position stays a multiple of 8.
  private void stage(Object array, int bytes) {
    ByteBuffer to = staging.slice(staging.position(), bytes).order(ByteOrder.nativeOrder());
    switch (array) {
      case float[] floats -> to.asFloatBuffer().put(floats, 0, bytes / 4);
      case int[] ints -> to.asIntBuffer().put(ints, 0, bytes / 4);
      case byte[] values -> to.put(values, 0, bytes);
      case double[] doubles -> to.asDoubleBuffer().put(doubles, 0, bytes / 8);
      case short[] shorts -> to.asShortBuffer().put(shorts, 0, bytes / 2);
      default -> to.asLongBuffer().put((long[]) array, 0, bytes / 8);
    }
    staging.position(Math.min(STAGING, staging.position() + (bytes + 7) / 8 * 8));
  }

  /// Waits for everything before it, and copies `bytes` of a buffer to a Java array.
  void read(cl_mem from, Object array, int bytes) {
    requireOpen();
    if (bytes > 0) {
      clFinish(queue);
      clEnqueueReadBuffer(queue, from, true, 0, bytes, pointer(array), 0, null, null);
    }
  }

  /// Repeats a pattern, of the size of an element, through `bytes` of a buffer.
  synchronized void fill(cl_mem to, byte[] pattern, long bytes) {
    requireOpen();
    if (bytes > 0) {
      Pointer value = Pointer.to(pattern);
      clEnqueueFillBuffer(queue, to, value, pattern.length, 0, bytes, 0, null, null);
    }
  }

  /// Waits until the device has nothing left to do.
  void finish() {
    requireOpen();
    clFinish(queue);
  }

  private static Pointer pointer(Object array) {
    return switch (array) {
      case float[] floats -> Pointer.to(floats);
      case int[] ints -> Pointer.to(ints);
      case byte[] bytes -> Pointer.to(bytes);
      case double[] doubles -> Pointer.to(doubles);
      case short[] shorts -> Pointer.to(shorts);
      default -> Pointer.to((long[]) array);
    };
  }

  /// Whether the device had too little memory.
  static boolean outOfMemory(CLException e) {
    return switch (e.getStatus()) {
      case CL_MEM_OBJECT_ALLOCATION_FAILURE, CL_OUT_OF_RESOURCES, CL_OUT_OF_HOST_MEMORY -> true;
      default -> false;
    };
  }

  @Override
  public synchronized void close() {
    if (!closed) {
      closed = true;
      clFinish(queue);
      clReleaseCommandQueue(queue);
      clReleaseContext(context);
    }
  }
}
