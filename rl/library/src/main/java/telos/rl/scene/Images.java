package telos.rl.scene;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/// Files of pictures. A file appears whole or not at all: it is written beside its place and then
/// renamed.
public final class Images {
  /// Viewers slow down what is shorter than this many hundredths of a second.
  private static final long LEAST_DELAY = 2;

  private static final String GIF = "javax_imageio_gif_image_1.0";

  private Images() {}

  /// One scene as PNG.
  ///
  /// @throws IOException naming the file and the cause
  public static void png(Path file, Scene scene, int width) throws IOException {
    write(
        file,
        out -> {
          if (!ImageIO.write(scene.image(width), "png", out)) {
            throw new IOException("this Java runtime has no PNG writer");
          }
        });
  }

  /// An episode as animated GIF that repeats for ever. Frames are shown for [Scene#seconds], in
  /// hundredths of a second, two of them at least.
  ///
  /// @throws IOException naming the file and the cause
  public static void gif(Path file, List<? extends Scene> scenes, int width) throws IOException {
    if (scenes.isEmpty()) {
      throw new IllegalArgumentException("gif: there is no frame for " + file);
    }
    write(
        file,
        out -> {
          ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
          try {
            writer.setOutput(out);
            writer.prepareWriteSequence(null);
            double shown = 0;
            for (Scene scene : scenes) {
              long start = Math.round(100 * shown);
              shown += scene.seconds();
              frame(writer, scene, width, Math.max(LEAST_DELAY, Math.round(100 * shown) - start));
            }
            writer.endWriteSequence();
          } finally {
            writer.dispose();
          }
        });
  }

  private static void frame(ImageWriter writer, Scene scene, int width, long delay)
      throws IOException {
    var image = Palette.indexed(scene.image(width));
    IIOMetadata metadata =
        writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(image), null);
    var root = (IIOMetadataNode) metadata.getAsTree(GIF);
    var control = (IIOMetadataNode) root.getElementsByTagName("GraphicControlExtension").item(0);
    control.setAttribute("delayTime", Long.toString(delay));
    control.setAttribute("disposalMethod", "none");
    root.appendChild(forEver());
    metadata.setFromTree(GIF, root);
    writer.writeToSequence(new IIOImage(image, null, metadata), null);
  }

  /// Netscape's application extension with its count of repetitions, 0 for no end.
  private static IIOMetadataNode forEver() {
    IIOMetadataNode extension = new IIOMetadataNode("ApplicationExtension");
    extension.setAttribute("applicationID", "NETSCAPE");
    extension.setAttribute("authenticationCode", "2.0");
    extension.setUserObject(new byte[] {1, 0, 0});
    IIOMetadataNode extensions = new IIOMetadataNode("ApplicationExtensions");
    extensions.appendChild(extension);
    return extensions;
  }

  private interface Content {
    void writeTo(ImageOutputStream out) throws IOException;
  }

  private static void write(Path file, Content content) throws IOException {
    Path target = file.toAbsolutePath();
    Path directory = target.getParent();
    if (directory == null || !Files.isDirectory(directory)) {
      throw new IOException("cannot write " + file + ": there is no directory " + directory);
    }
    Path unfinished = target.resolveSibling(target.getFileName() + ".tmp-" + System.nanoTime());
    try {
      writeForced(unfinished, content);
      Files.move(
          unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new IOException("cannot write " + file + ": " + e, e);
    } finally {
      Files.deleteIfExists(unfinished);
    }
  }

  private static void writeForced(Path file, Content content) throws IOException {
    try (var channel =
            FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        var buffer = new BufferedOutputStream(Channels.newOutputStream(channel))) {
      try (var out = new MemoryCacheImageOutputStream(buffer)) {
        content.writeTo(out);
      }
      buffer.flush();
      channel.force(true);
    }
  }
}
