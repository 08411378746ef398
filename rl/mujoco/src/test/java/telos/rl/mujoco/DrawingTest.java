package telos.rl.mujoco;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import telos.tensor.Rng;

final class DrawingTest {
  private static final double[] UPRIGHT = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  private static final View ABOVE = View.above(4, 0, 0, 0);

  private static Shape shape(Shape.Kind kind, double[] size, double... position) {
    return new Shape(kind, size, position, UPRIGHT, new float[] {1, 0, 0, 1});
  }

  private static boolean red(BufferedImage image, int x, int y) {
    return image.getRGB(x, y) == 0xFFFF0000;
  }

  /// 100 pixels are a metre, x goes right and y up.
  @Test
  void shapesCoverWhatTheyShould() {
    BufferedImage ball =
        Drawing.of(
            List.of(shape(Shape.Kind.SPHERE, new double[] {0.5, 0, 0}, 1, 1, 0)), ABOVE, 400, 400);
    assertTrue(red(ball, 300, 100) && red(ball, 255, 100) && red(ball, 300, 145));
    assertTrue(!red(ball, 245, 100) && !red(ball, 262, 62) && !red(ball, 200, 200));
    BufferedImage box =
        Drawing.of(
            List.of(shape(Shape.Kind.BOX, new double[] {1, 0.5, 9}, 0, 0, 0)), ABOVE, 400, 400);
    assertTrue(red(box, 102, 152) && red(box, 297, 247));
    assertTrue(!red(box, 98, 200) && !red(box, 200, 148) && !red(box, 200, 252));
    View aside = new View(90, 0, 4, new double[3]);
    BufferedImage stick =
        Drawing.of(
            List.of(shape(Shape.Kind.CAPSULE, new double[] {0.2, 1, 0}, 0, 0, 0)), aside, 400, 400);
    assertTrue(red(stick, 200, 85) && red(stick, 183, 290) && red(stick, 200, 315));
    assertTrue(!red(stick, 200, 75) && !red(stick, 175, 200));
  }

  /// The nearer of two shapes is seen.
  @Test
  void nearCoversFar() {
    Shape far = shape(Shape.Kind.CYLINDER, new double[] {1, 0.1, 0}, 0, 0, -1);
    Shape near =
        new Shape(
            Shape.Kind.ELLIPSOID,
            new double[] {0.5, 0.5, 0.1},
            new double[] {0, 0, 1},
            UPRIGHT,
            new float[] {0, 0, 1, 1});
    for (List<Shape> shapes : List.of(List.of(far, near), List.of(near, far))) {
      BufferedImage image = Drawing.of(shapes, ABOVE, 400, 400);
      assertEquals(0xFF0000FF, image.getRGB(200, 200));
      assertTrue(red(image, 280, 200));
    }
  }

  /// Nothing lies outside, and every corner is one of the points.
  @Property(tries = 50)
  void hullHoldsAllPoints(@ForAll long seed, @ForAll @IntRange(min = 3, max = 40) int count) {
    SplittableRandom random = new SplittableRandom(seed);
    List<double[]> points = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      points.add(new double[] {random.nextDouble(), random.nextDouble()});
    }
    List<double[]> hull = Drawing.hull(points);
    assertTrue(points.containsAll(hull));
    for (int i = 0; i < hull.size(); i++) {
      double[] a = hull.get(i);
      double[] b = hull.get((i + 1) % hull.size());
      for (double[] p : points) {
        double side = (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0]);
        assertTrue(side >= -1e-12, "a point outside");
      }
    }
  }

  /// Pictures change as the mechanism moves, and taking them changes nothing.
  @Test
  void picturesOnlyLook() {
    Here.needsMujoco();
    for (String name : Mujoco.environments().keySet()) {
      try (var seen = new MujocoEnvironment(EnvironmentsTest.task(name));
          var unseen = new MujocoEnvironment(EnvironmentsTest.task(name))) {
        assertTrue(seen.scene().isEmpty(), "nothing has begun");
        seen.reset(Rng.of(1));
        unseen.reset(Rng.of(1));
        BufferedImage before = seen.scene().orElseThrow().image(480);
        assertEquals(480, before.getWidth());
        assertEquals(480, before.getHeight());
        for (int i = 0; i < 3; i++) {
          float[] action = seen.actions().sample(Rng.of(i));
          assertArrayEquals(unseen.step(action).observation(), seen.step(action).observation());
          assertNotEquals(bits(before), bits(seen.scene().orElseThrow().image(480)), name);
        }
      }
    }
  }

  private static List<Integer> bits(BufferedImage image) {
    List<Integer> bits = new ArrayList<>();
    for (int y = 0; y < image.getHeight(); y += 3) {
      for (int x = 0; x < image.getWidth(); x += 3) {
        bits.add(image.getRGB(x, y));
      }
    }
    return bits;
  }
}
