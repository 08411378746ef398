package telos.devices.opencl;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.jocl.CL;
import org.jocl.LibUtils;
import org.jspecify.annotations.Nullable;

/// The native half of JOCL. JOCL would unpack it from its archive to the folder of temporary files,
/// leave it there for ever, and take whatever lies there under its name, half a file of a killed
/// process too. It is unpacked to the [CacheFolder] instead, whole, and compared before each use.
final class NativeLibrary {
  private static final System.Logger LOG = System.getLogger("telos.devices.opencl");
  private static final String FILE =
      LibUtils.createLibraryFileName(LibUtils.createPlatformLibraryName("JOCL_2_0_6"));

  /// The property by which JOCL is told the folder.
  private static final String FOLDER = "java.io.tmpdir";

  private NativeLibrary() {}

  /// Loads it, and OpenCL's library with it, on the first call.
  ///
  /// @throws LinkageError where there is no such library
  static synchronized void load() {
    String temporary = System.getProperty(FOLDER, "");
    try {
      System.setProperty(FOLDER, unpacked(CacheFolder.standard()).toString());
    } catch (IOException e) {
      LOG.log(System.Logger.Level.DEBUG, "JOCL unpacks its library to " + temporary, e);
    }
    try {
      CL.setExceptionsEnabled(true); // whose class loads it
    } finally {
      System.setProperty(FOLDER, temporary);
    }
  }

  /// The folder in which it lies.
  static Path unpacked(CacheFolder folder) throws IOException {
    byte[] library = packed();
    Path file = folder.file(FILE);
    if (!Files.isRegularFile(file) || !Arrays.equals(library, Files.readAllBytes(file))) {
      folder.write(FILE, library);
    }
    return folder.path().toAbsolutePath();
  }

  private static byte[] packed() throws IOException {
    try (@Nullable InputStream in = CL.class.getResourceAsStream("/lib/" + FILE)) {
      if (in == null) {
        throw new IOException("JOCL has no " + FILE);
      }
      return in.readAllBytes();
    }
  }
}
