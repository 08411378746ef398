package telos.rl.scene;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.metadata.IIOMetadataNode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import telos.rl.environment.Environment;
import telos.rl.environment.Environments;
import telos.rl.environment.Recording;
import telos.tensor.Rng;

final class SceneTest {
  @TempDir private Path directory;

  private static int rgb(Ink ink) {
    return ink.colour().getRGB();
  }

  @Test
  void shapesLieWhereTheyAreDrawn() {
    Drawing drawing =
        new Drawing(
            -2,
            -1,
            2,
            1,
            List.of(
                Drawing.Area.rectangle(-2, 0, 0, 1, Ink.RED),
                new Drawing.Disc(1, -0.5, 0.25, Ink.BLUE),
                new Drawing.Line(0.5, 0.5, 1.5, 0.5, 0.2, Ink.GREEN)),
            0.1);
    BufferedImage image = drawing.image(80);
    assertEquals(40, image.getHeight());
    assertEquals(rgb(Ink.RED), image.getRGB(10, 5));
    assertEquals(rgb(Ink.WHITE), image.getRGB(10, 35));
    assertEquals(rgb(Ink.BLUE), image.getRGB(60, 30));
    assertEquals(rgb(Ink.GREEN), image.getRGB(60, 10));
    assertEquals(rgb(Ink.WHITE), image.getRGB(60, 2));
    assertThrows(IllegalArgumentException.class, () -> drawing.image(0));
    assertThrows(IllegalArgumentException.class, () -> drawing.image(1 << 14));
  }

  @Test
  void boardsAreLettersAndSquares() {
    Board board =
        new Board(
            List.of("AB", "CD"),
            Map.of('A', Ink.GREEN),
            List.of(new Board.Cell(1, 0)),
            List.of(new Board.Piece('@', new Board.Cell(0, 1), Ink.RED, 0.5)),
            0.5);
    String red = "\u001b[48;2;200;50;45m@\u001b[0m";
    assertEquals("A " + red + " \nC|D \n", board.text());
    BufferedImage image = board.image(100);
    assertEquals(rgb(Ink.GREEN), image.getRGB(25, 25));
    assertEquals(rgb(Ink.RED), image.getRGB(75, 25));
    assertEquals(rgb(Ink.WHITE), image.getRGB(60, 10));
    assertEquals(rgb(Ink.BLACK), image.getRGB(50, 75));
    assertThrows(
        IllegalArgumentException.class,
        () -> new Board(List.of("A", "BC"), Map.of(), List.of(), List.of(), 1));
  }

  /// Two pixels a character: the text of a drawing has the colours of its picture.
  @Test
  void drawingsAreTextToo() {
    var marks = List.<Drawing.Mark>of(Drawing.Area.rectangle(-1, 0, 1, 1, Ink.RED));
    String text = new Drawing(-1, -1, 1, 1, marks, 1).text();
    List<String> lines = text.lines().toList();
    assertEquals(36, lines.size());
    assertEquals(72, lines.getFirst().chars().filter(c -> c == '▀').count());
    assertTrue(lines.getFirst().startsWith("\u001b[38;2;200;50;45m\u001b[48;2;200;50;45m▀"));
    assertTrue(lines.getLast().startsWith("\u001b[38;2;255;255;255m\u001b[48;2;255;255;255m▀"));
  }

  private static Stream<String> drawn() {
    return Environments.names().stream()
        .filter(name -> !name.contains("Bandit") && !name.startsWith("Echo"));
  }

  /// Read back, an animation has a frame for each moment, of the size asked for, with the colours
  /// of the scene.
  @ParameterizedTest
  @MethodSource("drawn")
  void episodesBecomeAnimations(String name) throws IOException {
    Recording.Episode<?, ?> episode = episode(Environments.of(name), 6);
    Path file = directory.resolve("episode.gif");
    episode.gif(file, 90);
    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (var in = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(in);
      assertEquals(episode.steps().size() + 1, reader.getNumImages(true));
      BufferedImage first = reader.read(0);
      BufferedImage drawn = episode.scenes().getFirst().image(90);
      assertEquals(drawn.getHeight(), first.getHeight());
      int close = 0;
      for (int y = 0; y < drawn.getHeight(); y++) {
        for (int x = 0; x < 90; x++) {
          close += apart(drawn.getRGB(x, y), first.getRGB(x, y)) < 60 ? 1 : 0;
        }
      }
      assertTrue(close > 0.98 * 90 * drawn.getHeight(), close + " pixels");
      long delay = Math.max(2, Math.round(100 * episode.scenes().getFirst().seconds()));
      assertTrue(Math.abs(delay - delay(reader)) <= 1);
    }
    try (var files = Files.list(directory)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  private static int apart(int a, int b) {
    int sum = 0;
    for (int shift = 0; shift <= 16; shift += 8) {
      sum += Math.abs((a >> shift & 0xFF) - (b >> shift & 0xFF));
    }
    return sum;
  }

  private static long delay(ImageReader reader) throws IOException {
    var root =
        (IIOMetadataNode) reader.getImageMetadata(0).getAsTree("javax_imageio_gif_image_1.0");
    var control = (IIOMetadataNode) root.getElementsByTagName("GraphicControlExtension").item(0);
    return Long.parseLong(control.getAttribute("delayTime"));
  }

  private static <O, A> Recording.Episode<O, A> episode(
      Environment.Restorable<O, A> environment, int steps) {
    Recording<O, A> recording = new Recording<>(environment);
    recording.reset(Rng.of(3));
    for (int i = 0; i < steps; i++) {
      if (recording.step(environment.actions().sample(Rng.of(4).fold(i))).done()) {
        break;
      }
    }
    return recording.episodes().getFirst();
  }

  @Test
  void scenesBecomePictures() throws IOException {
    Scene scene = episode(Environments.of("Taxi-v3"), 1).scenes().getFirst();
    Path file = directory.resolve("taxi.png");
    Images.png(file, scene, 64);
    Images.png(file, scene, 128);
    assertEquals(128, ImageIO.read(file.toFile()).getWidth());
  }

  @Test
  void whatFailsLeavesTheOldFile() throws IOException {
    Path file = directory.resolve("taxi.gif");
    Scene scene = episode(Environments.of("Taxi-v3"), 1).scenes().getFirst();
    Images.gif(file, List.of(scene), 32);
    byte[] before = Files.readAllBytes(file);
    Scene broken =
        new Scene() {
          @Override
          public double seconds() {
            return 1;
          }

          @Override
          public BufferedImage image(int width) {
            throw new IllegalStateException("cannot be drawn");
          }
        };
    assertThrows(IllegalStateException.class, () -> Images.gif(file, List.of(scene, broken), 32));
    assertArrayEquals(before, Files.readAllBytes(file));
    try (var files = Files.list(directory)) {
      assertEquals(List.of(file), files.toList());
    }
  }

  /// Colours that no mixture of inks is near to are kept by a palette of their own.
  @Test
  void otherColoursAreKept() throws IOException {
    int pink = 0xFFFF00FF;
    Scene scene =
        new Scene() {
          @Override
          public double seconds() {
            return 0.1;
          }

          @Override
          public BufferedImage image(int width) {
            BufferedImage image = new BufferedImage(width, width, BufferedImage.TYPE_INT_RGB);
            for (int i = 0; i < width; i++) {
              image.setRGB(i, i, pink);
            }
            return image;
          }
        };
    Path file = directory.resolve("pink.gif");
    Images.gif(file, List.of(scene, scene), 16);
    assertTrue(apart(pink, ImageIO.read(file.toFile()).getRGB(5, 5)) < 20);
    assertEquals(36, scene.text().lines().count());
  }

  @Test
  void whatCannotBeWrittenIsOneSentence() {
    Scene scene = episode(Environments.of("Taxi-v3"), 1).scenes().getFirst();
    Path file = directory.resolve("nowhere").resolve("taxi.png");
    var refused = assertThrows(IOException.class, () -> Images.png(file, scene, 64));
    assertEquals(
        "cannot write " + file + ": there is no directory " + directory.resolve("nowhere"),
        refused.getMessage());
    assertThrows(IllegalArgumentException.class, () -> Images.gif(file, List.of(), 64));
  }
}
