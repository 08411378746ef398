package telos.rl.environment;

import static java.lang.StrictMath.cos;
import static java.lang.StrictMath.sin;

/// Two links in a horizontal plane: a joint at the origin, another at the end of the first link.
/// Angles are of the first link to the x axis and of the second to the first. The equations of
/// motion are Lagrange's, `M(q) q'' + c(q, q') + damping q' = torque`.
///
/// @param length of the first link
/// @param inertia1 of the first link about its joint, that of the motor included
/// @param inertia2 of the second link about its joint
/// @param motor inertia of the second joint's motor
/// @param mass2 of the second link
/// @param centre2 distance of the second link's centre of mass from its joint
/// @param damping torque per velocity, at each joint
record TwoLinkArm(
    double length,
    double inertia1,
    double inertia2,
    double motor,
    double mass2,
    double centre2,
    double damping) {

  /// Of Gymnasium's `Reacher`: capsules of radius 0.01 and length 0.1, a ball of radius 0.01 as
  /// fingertip 0.11 from the second joint, all of density 1000; motors of inertia 1.
  static TwoLinkArm reacher(double damping) {
    double radius = 0.01;
    double length = 0.1;
    double tip = 0.11;
    double cylinder = 1000 * Math.PI * radius * radius * length;
    double ball = 1000 * 4.0 / 3 * Math.PI * radius * radius * radius;
    double capsule = cylinder + ball;
    double own =
        cylinder * (length * length / 12 + radius * radius / 4)
            + ball * (0.4 * radius * radius + length * length / 4 + 3 * length * radius / 8);
    double about = own + capsule * length * length / 4;
    double mass2 = capsule + ball;
    return new TwoLinkArm(
        length,
        about + 1,
        about + ball * (0.4 * radius * radius + tip * tip),
        1,
        mass2,
        (capsule * length / 2 + ball * tip) / mass2,
        damping);
  }

  /// `dy/dt` of `y`, the two angles and the two velocities.
  double[] derivative(double[] y, double torque1, double torque2) {
    double bend = mass2 * length * centre2 * sin(y[1]);
    double force1 = torque1 - damping * y[2] + bend * y[3] * (2 * y[2] + y[3]);
    double force2 = torque2 - damping * y[3] - bend * y[2] * y[2];
    double m11 = mass11(y[1]);
    double m12 = mass12(y[1]);
    double m22 = inertia2 + motor;
    double determinant = m11 * m22 - m12 * m12;
    return new double[] {
      y[2],
      y[3],
      (m22 * force1 - m12 * force2) / determinant,
      (m11 * force2 - m12 * force1) / determinant
    };
  }

  private double mass11(double angle2) {
    return inertia1
        + inertia2
        + mass2 * length * length
        + 2 * mass2 * length * centre2 * cos(angle2);
  }

  private double mass12(double angle2) {
    return inertia2 + mass2 * length * centre2 * cos(angle2);
  }

  /// Kinetic energy, `q' M q' / 2`.
  double energy(double[] y) {
    double m22 = inertia2 + motor;
    return (mass11(y[1]) * y[2] * y[2] + 2 * mass12(y[1]) * y[2] * y[3] + m22 * y[3] * y[3]) / 2;
  }

  /// Where the second joint runs into its stop at an angle of `most` to either side: its velocity
  /// is lost, by an impulse that the first joint feels through the arm.
  void stop(double[] y, double most) {
    if (Math.abs(y[1]) > most) {
      y[1] = Math.copySign(most, y[1]);
      y[2] += mass12(y[1]) / mass11(y[1]) * y[3];
      y[3] = 0;
    }
  }
}
