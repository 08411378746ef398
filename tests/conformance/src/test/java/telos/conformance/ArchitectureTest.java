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
import java.lang.invoke.MethodHandles;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.stream.BaseStream;
import java.util.stream.Stream;
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

  /// What a file names is looked up in a closed table, never among classes.
  @Test
  void noClassIsFoundByItsName() {
    noClasses().should().accessTargetWhere(findsClasses()).check(TELOS);
  }

  private static DescribedPredicate<JavaAccess<?>> findsClasses() {
    return DescribedPredicate.describe(
        "finds a class by a name",
        access ->
            switch (access.getName()) {
              case "forName" -> access.getTargetOwner().isEquivalentTo(Class.class);
              case "loadClass", "defineClass" ->
                  access.getTargetOwner().isAssignableTo(ClassLoader.class);
              case "findClass" ->
                  access.getTargetOwner().isEquivalentTo(MethodHandles.Lookup.class);
              default -> false;
            });
  }

  /// Whose code runs beside ours, and by which licence; all may be passed on with an
  /// Apache-licensed program. A new one is looked at before it is written down here.
  private static final Map<String, String> LICENCES =
      Map.of(
          "com.fasterxml.jackson..", "Apache-2.0",
          "com.google.protobuf..", "BSD-3-Clause",
          "io.jhdf..", "MIT",
          "me.tongfei.progressbar..", "MIT",
          "net.jqwik.api..", "EPL-2.0",
          "org.apache.commons..", "Apache-2.0",
          "org.jocl..", "MIT",
          "org.jspecify.annotations..", "Apache-2.0",
          "org.ojalgo..", "MIT",
          "picocli..", "Apache-2.0");

  @Test
  void everyDependencyIsKnownWithItsLicence() {
    String[] jdk = {
      "telos..", "java..", "javax..", "jdk..", "com.sun.net.httpserver..", "org.w3c.dom.."
    };
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            Stream.concat(Stream.of(jdk), LICENCES.keySet().stream()).toArray(String[]::new))
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
  /// them, the benchmarks measure what all processors do at once, the server answers many callers
  /// beside the one thread that owns its model, and slow environments are stepped by several, none
  /// of which touches a tensor.
  @Test
  void theLibraryStartsNoThreads() {
    DescribedPredicate<JavaClass> library =
        not(
            resideInAnyPackage(
                "telos.devices..",
                "telos.study..",
                "telos.bench..",
                "telos.cli..",
                "telos.nn.serve..",
                "telos.rl.vector.."));
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
