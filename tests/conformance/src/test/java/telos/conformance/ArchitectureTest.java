package telos.conformance;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.ObjectInputStream;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.stream.BaseStream;
import org.junit.jupiter.api.Test;

/// What modules cannot say: the laws of the house that hold for every class of every module.
class ArchitectureTest {
  private static final JavaClasses TELOS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("telos");

  @Test
  void everyModuleIsLookedAt() {
    for (String name : new String[] {"tensor", "devices.cpu", "autograd", "nn", "rl", "irl"}) {
      assertTrue(TELOS.containPackage("telos." + name), () -> "no class of telos." + name);
    }
  }

  @Test
  void filesAreData() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .areAssignableTo(ObjectInputStream.class)
        .check(TELOS);
  }

  @Test
  void theCoreNeedsTheJdkAlone() {
    classes()
        .that()
        .resideInAnyPackage("telos.tensor..", "telos.autograd..", "telos.devices.cpu..")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage("telos..", "java..", "jdk.incubator.vector..", "org.jspecify..")
        .check(TELOS);
  }

  @Test
  void theCommandLineIsOnTop() {
    noClasses()
        .that()
        .resideOutsideOfPackage("telos.cli..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("telos.cli..")
        .check(TELOS);
  }

  /// Threads live below the operations, in the devices; the studies' seeds run side by side above
  /// them, the benchmarks measure what all processors do at once, and the server answers many
  /// callers beside the one thread that owns its model.
  @Test
  void theLibraryStartsNoThreads() {
    DescribedPredicate<JavaClass> library =
        not(
            resideInAnyPackage(
                "telos.devices..",
                "telos.study..",
                "telos.bench..",
                "telos.cli..",
                "telos.nn.serve.."));
    noClasses()
        .that(library)
        .should()
        .dependOnClassesThat(assignableTo(Executor.class).or(assignableTo(Future.class)))
        .orShould()
        .accessTargetWhere(startsThreads())
        .check(TELOS);
  }

  private static DescribedPredicate<JavaAccess<?>> startsThreads() {
    return DescribedPredicate.describe(
        "makes a thread or a parallel stream",
        access -> {
          JavaClass owner = access.getTargetOwner();
          String name = access.getName();
          return switch (name) {
            case "<init>", "startVirtualThread", "ofVirtual", "ofPlatform" ->
                owner.isAssignableTo(Thread.class);
            case "parallel" -> owner.isAssignableTo(BaseStream.class);
            case "parallelStream" -> true;
            default -> name.startsWith("parallel") && owner.isEquivalentTo(java.util.Arrays.class);
          };
        });
  }
}
