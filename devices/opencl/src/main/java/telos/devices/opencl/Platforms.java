package telos.devices.opencl;

import static org.jocl.CL.*;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jocl.CLException;
import org.jocl.Pointer;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;
import org.jspecify.annotations.Nullable;

/// Finds what OpenCL offers on this machine.
final class Platforms {
  /// What the loader of installable drivers says where there are none (cl_khr_icd).
  private static final int NO_PLATFORM = -1001;

  private static final String INSTALL =
      "; install the driver of the graphics processor, or PoCL, which computes on the processor"
          + " (Debian and Ubuntu: apt install pocl-opencl-icd)";

  /// A device with the handles of OpenCL.
  record Found(cl_platform_id platform, cl_device_id id, Hardware hardware) {}

  /// How the number of bytes and the bytes of a property are asked for.
  private interface Query {
    void ask(long bytes, @Nullable Pointer value, long @Nullable [] needed);
  }

  private Platforms() {}

  /// All devices, graphics processors and accelerators first, else in the order of the loader.
  ///
  /// @throws IllegalStateException where there is none, with a sentence that says what to install
  static List<Found> found() {
    List<Found> found = new ArrayList<>();
    for (cl_platform_id platform : platforms()) {
      for (cl_device_id id : devices(platform)) {
        found.add(new Found(platform, id, hardware(platform, id)));
      }
    }
    if (found.isEmpty()) {
      throw new IllegalStateException("OpenCL shows no device on this machine" + INSTALL);
    }
    found.sort(Comparator.comparing(device -> device.hardware().processor()));
    return List.copyOf(found);
  }

  private static List<cl_platform_id> platforms() {
    try {
      NativeLibrary.load();
      int[] count = new int[1];
      clGetPlatformIDs(0, null, count);
      var platforms = new cl_platform_id[count[0]];
      clGetPlatformIDs(count[0], platforms, null);
      return List.of(platforms);
    } catch (LinkageError | UnsupportedOperationException e) {
      throw new IllegalStateException("no OpenCL library on this machine" + INSTALL, e);
    } catch (CLException e) {
      if (e.getStatus() == NO_PLATFORM) {
        throw new IllegalStateException("no OpenCL platform on this machine" + INSTALL, e);
      }
      throw e;
    }
  }

  private static List<cl_device_id> devices(cl_platform_id platform) {
    int[] count = new int[1];
    try {
      clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, null, count);
    } catch (CLException e) {
      if (e.getStatus() == CL_DEVICE_NOT_FOUND) {
        return List.of();
      }
      throw e;
    }
    var devices = new cl_device_id[count[0]];
    clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, count[0], devices, null);
    return List.of(devices);
  }

  private static Hardware hardware(cl_platform_id platform, cl_device_id id) {
    Query ofPlatform =
        (bytes, value, needed) ->
            clGetPlatformInfo(platform, CL_PLATFORM_NAME, bytes, value, needed);
    return new Hardware(
        text(id, CL_DEVICE_NAME),
        text(ofPlatform),
        text(id, CL_DEVICE_VERSION),
        text(id, CL_DRIVER_VERSION),
        (number(id, CL_DEVICE_TYPE) & CL_DEVICE_TYPE_CPU) != 0,
        (int) number(id, CL_DEVICE_MAX_COMPUTE_UNITS),
        lanes((int) number(id, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT)),
        number(id, CL_DEVICE_GLOBAL_MEM_SIZE),
        number(id, CL_DEVICE_MAX_MEM_ALLOC_SIZE),
        number(id, CL_DEVICE_LOCAL_MEM_SIZE),
        (int) number(id, CL_DEVICE_MAX_WORK_GROUP_SIZE),
        (int) number(id, CL_DEVICE_MAX_PARAMETER_SIZE),
        number(id, CL_DEVICE_DOUBLE_FP_CONFIG) != 0,
        (number(id, CL_DEVICE_SINGLE_FP_CONFIG) & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0,
        trouble(id));
  }

  /// Widths that kernels are written for.
  private static int lanes(int width) {
    return width >= 16 ? 16 : width >= 8 ? 8 : 4;
  }

  private static String trouble(cl_device_id id) {
    if (number(id, CL_DEVICE_AVAILABLE) == 0) {
      return "its driver says that it is not available";
    }
    if (number(id, CL_DEVICE_COMPILER_AVAILABLE) == 0) {
      return "its driver has no compiler";
    }
    if (number(id, CL_DEVICE_ENDIAN_LITTLE) == 0) {
      return "it is not little-endian";
    }
    return text(id, CL_DEVICE_VERSION).matches("OpenCL 1\\.[01]\\b.*")
        ? "its OpenCL is older than 1.2"
        : "";
  }

  private static String text(cl_device_id id, int property) {
    return text((bytes, value, needed) -> clGetDeviceInfo(id, property, bytes, value, needed));
  }

  private static String text(Query query) {
    byte[] bytes = bytes(query);
    return new String(bytes, 0, Math.max(0, bytes.length - 1), StandardCharsets.UTF_8).strip();
  }

  /// Of 4 or 8 bytes; 0 where the device does not know the property.
  private static long number(cl_device_id id, int property) {
    try {
      byte[] bytes =
          bytes((size, value, needed) -> clGetDeviceInfo(id, property, size, value, needed));
      ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.nativeOrder());
      return bytes.length == Integer.BYTES ? buffer.getInt() & 0xFFFF_FFFFL : buffer.getLong();
    } catch (CLException _) {
      return 0;
    }
  }

  private static byte[] bytes(Query query) {
    long[] needed = new long[1];
    query.ask(0, null, needed);
    byte[] bytes = new byte[(int) needed[0]];
    query.ask(bytes.length, Pointer.to(bytes), null);
    return bytes;
  }
}
