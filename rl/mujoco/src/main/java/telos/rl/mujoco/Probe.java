package telos.rl.mujoco;

import java.util.Arrays;
import java.util.List;

/// Whether a library lays its structures out as its [Layout] says: a model whose numbers are known
/// is loaded, and each field that telos reads is looked at.
final class Probe {
  /// A capsule of 1 kg that rests in space, and a box of 2 kg on a slide that a motor pushes.
  private static final String MODEL =
      """
      <mujoco model="probe">
        <option timestep="0.125" gravity="0 0 0"/>
        <statistic extent="3" center="4 5 6"/>
        <asset><material name="paint" rgba="0.25 0.5 0.75 1"/></asset>
        <worldbody>
          <body pos="1 2 3">
            <freejoint/>
            <geom type="capsule" size="0.5 0.25" mass="1" rgba="1 0.5 0 1"/>
          </body>
          <body pos="7 8 9">
            <joint name="slide" type="slide" axis="1 0 0"/>
            <geom type="box" size="1 2 3" mass="2" material="paint"/>
          </body>
        </worldbody>
        <actuator><motor joint="slide" ctrllimited="true" ctrlrange="-3 5"/></actuator>
      </mujoco>
      """;

  private static final double[] REST = {1, 2, 3, 1, 0, 0, 0, 0};

  private Probe() {}

  /// What is wrong, in one sentence; empty if all is well.
  static String fault(Native library) {
    try (Physics physics = Physics.of(library, "probe", MODEL)) {
      return counted(physics) && written(physics) && seen(physics) && moved(physics)
          ? ""
          : "mujoco: "
              + library.file()
              + " keeps its data elsewhere than MuJoCo "
              + library.layout().name()
              + " should; install the Debian package libmujoco2.2.2";
    } catch (IllegalStateException | IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private static boolean counted(Physics physics) {
    return List.of(physics.nq(), physics.nv(), physics.nu(), physics.nbody())
        .equals(List.of(8, 7, 1, 3));
  }

  private static boolean written(Physics physics) {
    return physics.timestep() == 0.125
        && physics.extent() == 3
        && Arrays.equals(physics.centre(), new double[] {4, 5, 6})
        && Arrays.equals(physics.qpos0(), REST)
        && physics.mass(1) == 1
        && physics.mass(2) == 2
        && physics.controls().low()[0] == -3
        && physics.controls().high()[0] == 5
        && physics.energy() == 0;
  }

  private static boolean seen(Physics physics) {
    List<Shape> shapes = physics.shapes();
    Shape box = shapes.getLast();
    return shapes.size() == 2
        && shapes.getFirst().kind() == Shape.Kind.CAPSULE
        && Arrays.equals(shapes.getFirst().colour(), new float[] {1, 0.5f, 0, 1})
        && box.kind() == Shape.Kind.BOX
        && Arrays.equals(box.size(), new double[] {1, 2, 3})
        && Arrays.equals(box.position(), new double[] {7, 8, 9})
        && Arrays.equals(box.rotation(), new double[] {1, 0, 0, 0, 1, 0, 0, 0, 1})
        && Arrays.equals(box.colour(), new float[] {0.25f, 0.5f, 0.75f, 1});
  }

  /// A force of 4 N gives 2 kg a speed of 0.25 m/s in 0.125 s, and as much again in the next;
  /// nothing pulls at the capsule. An outer force has never been computed, and is zero.
  private static boolean moved(Physics physics) {
    double[] state = new double[physics.stateSize()];
    physics.start(REST, new double[physics.nv()]);
    physics.advance(new float[] {4}, 1);
    boolean fits = physics.qvel(6) == 0.25 && physics.qpos(7) == 0.03125;
    physics.state(state);
    physics.advance(new float[] {4}, 1);
    fits &= physics.qvel(6) == 0.5 && physics.time() == 0.25;
    fits &= Math.abs(physics.xpos(2, 0) - 7.03125) < 1e-12 && physics.cfrc(2, 5) == 0;
    physics.restore(state);
    return fits && physics.qvel(6) == 0.25 && physics.time() == 0.125 && physics.qpos(0) == 1;
  }
}
