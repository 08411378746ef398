package telos.tensor;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Records: accessors and canonical constructor as method handles, looked up once a class.
final class RecordForm implements Form {
  private static final ClassValue<Optional<RecordForm>> FORMS =
      new ClassValue<>() {
        @Override
        protected Optional<RecordForm> computeValue(Class<?> type) {
          return open(type);
        }
      };

  private static final MethodType READ = MethodType.methodType(Object.class, Object.class);
  private static final MethodType MAKE = MethodType.methodType(Object.class, Object[].class);

  private final MethodHandle[] accessors;
  private final MethodHandle constructor;
  private final String[] names;
  private final boolean[] holds;
  private final boolean[] fixed;

  private RecordForm(Class<?> type) throws ReflectiveOperationException {
    RecordComponent[] components = type.getRecordComponents();
    int count = components.length;
    accessors = new MethodHandle[count];
    names = new String[count];
    holds = new boolean[count];
    fixed = new boolean[count];
    for (int i = 0; i < count; i++) {
      accessors[i] = accessor(components[i]);
      names[i] = components[i].getName();
      holds[i] = holds(components[i].getGenericType(), new HashSet<>());
      fixed[i] = ((AnnotatedElement) components[i]).isAnnotationPresent(Fixed.class);
    }
    constructor = constructor(type, components);
  }

  /// The form of a record class; null for one that is closed to us and can hold no tensor.
  static @Nullable RecordForm of(Class<?> type) {
    return FORMS.get(type).orElse(null);
  }

  private static Optional<RecordForm> open(Class<?> type) {
    try {
      return Optional.of(new RecordForm(type));
    } catch (InaccessibleObjectException closed) {
      if (!holds(type, new HashSet<>())) {
        return Optional.empty();
      }
      throw new IllegalArgumentException(
          "Tree: cannot look into record "
              + type.getName()
              + "; add 'opens "
              + type.getPackageName()
              + " to telos.tensor;' to the module-info of "
              + type.getModule().getName(),
          closed);
    } catch (ReflectiveOperationException impossible) {
      throw new IllegalStateException(
          "Tree: record " + type.getName() + " has no usable canonical constructor", impossible);
    }
  }

  private static MethodHandle accessor(RecordComponent component) throws IllegalAccessException {
    Method method = component.getAccessor();
    method.setAccessible(true);
    return MethodHandles.lookup().unreflect(method).asType(READ);
  }

  private static MethodHandle constructor(Class<?> type, RecordComponent[] components)
      throws ReflectiveOperationException {
    Class<?>[] types =
        Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
    Constructor<?> canonical = type.getDeclaredConstructor(types);
    canonical.setAccessible(true);
    return MethodHandles.lookup()
        .unreflectConstructor(canonical)
        .asSpreader(Object[].class, types.length)
        .asType(MAKE);
  }

  /// True if a value of the declared type may hold tensors. `seen` ends recursion in record types
  /// that hold themselves.
  private static boolean holds(Type type, Set<Class<?>> seen) {
    return switch (type) {
      case Class<?> plain -> holds(plain, seen);
      case ParameterizedType generic when contains((Class<?>) generic.getRawType()) ->
          Arrays.stream(generic.getActualTypeArguments()).anyMatch(part -> holds(part, seen));
      default -> true;
    };
  }

  private static boolean holds(Class<?> type, Set<Class<?>> seen) {
    if (type.isArray()) {
      return holds(type.componentType(), seen);
    }
    if (type.isRecord()) {
      return seen.add(type)
          && Arrays.stream(type.getRecordComponents())
              .anyMatch(component -> holds(component.getGenericType(), seen));
    }
    return type == Tensor.class
        || type == Optional.class
        || !type.isPrimitive() && !type.isEnum() && !Modifier.isFinal(type.getModifiers());
  }

  private static boolean contains(Class<?> raw) {
    return raw == Optional.class
        || Collection.class.isAssignableFrom(raw)
        || Map.class.isAssignableFrom(raw);
  }

  @Override
  public @Nullable Object[] parts(Object whole) {
    @Nullable Object[] parts = new @Nullable Object[accessors.length];
    try {
      for (int i = 0; i < parts.length; i++) {
        parts[i] = (Object) accessors[i].invokeExact(whole);
      }
    } catch (Throwable thrown) {
      throw unchecked(thrown);
    }
    return parts;
  }

  @Override
  public String[] names(Object whole) {
    return names;
  }

  @Override
  public Object build(Object whole, @Nullable Object[] parts) {
    try {
      return (Object) constructor.invokeExact(parts);
    } catch (Throwable thrown) {
      throw unchecked(thrown);
    }
  }

  @Override
  public boolean holds(int i) {
    return holds[i];
  }

  @Override
  public boolean fixed(int i) {
    return fixed[i];
  }

  private static RuntimeException unchecked(Throwable thrown) {
    switch (thrown) {
      case RuntimeException exception -> throw exception;
      case Error error -> throw error;
      default -> throw new IllegalStateException("Tree: a record threw " + thrown, thrown);
    }
  }
}
