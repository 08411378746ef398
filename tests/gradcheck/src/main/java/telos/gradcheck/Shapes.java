package telos.gradcheck;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Which shapes a `@ForAll` parameter of type [telos.tensor.Shape], [telos.tensor.Tensor],
/// [Operands] or [Graph] may have.
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.PARAMETER, ElementType.ANNOTATION_TYPE, ElementType.TYPE_USE})
public @interface Shapes {
  int minRank() default 0;

  int maxRank() default 3;

  /// 0 allows empty tensors.
  int minDim() default 1;

  int maxDim() default 3;

  /// Exactly this shape, if it is not empty; then the other bounds mean nothing.
  int[] of() default {};
}
