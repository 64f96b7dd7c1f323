package dev.gatun.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What HotSpot cannot make fast does not occur in the compiled program. */
class BytecodeTest {

  @Test
  void theProgramIsClean() throws IOException {
    List<String> findings;
    try (Stream<Path> files = Files.walk(Classes.FOLDER)) {
      List<Path> classes = files.filter(file -> file.toString().endsWith(".class")).toList();
      assertTrue(classes.size() > 10, "compiled classes in " + Classes.FOLDER);
      findings = classes.stream().flatMap(file -> Bytecode.findings(parse(file)).stream()).toList();
    }
    assertTrue(findings.isEmpty(), () -> String.join("\n", findings));
  }

  @Test
  void theOffenderIsFound() {
    Path folder = Path.of("target", "test-classes", "dev", "gatun", "house");
    List<String> findings =
        Stream.of("OffenderManager", "OffenderManager$Kernel", "OffenderManager$Fast")
            .flatMap(name -> Bytecode.findings(parse(folder.resolve(name + ".class"))).stream())
            .sorted()
            .toList();
    assertEquals(
        List.of(
            "OffenderManager$Fast.boxesInALoop boxes a value in a loop",
            "OffenderManager$Kernel.apply passes a vector through an interface",
            "OffenderManager.speciesThatIsNotFinal keeps a vector in a field",
            "OffenderManager.vectorCapturedByALambda passes a vector through a lambda",
            "OffenderManager.vectorInAField keeps a vector in a field",
            "OffenderManager.vectorThroughALambda passes a vector through a lambda",
            "OffenderManager.vectorThroughAMethodReference passes a vector through a lambda",
            "OffenderManager.vectorThroughAnInterfaceCall passes a vector through an interface"),
        findings);
  }

  @Test
  void aHugeMethodIsFound() {
    byte[] huge =
        ClassFile.of()
            .build(
                ClassDesc.of("dev.gatun.house.Huge"),
                type ->
                    type.withMethodBody(
                        "run",
                        ConstantDescs.MTD_void,
                        ClassFile.ACC_STATIC,
                        code -> {
                          for (int i = 0; i < 8_001; i++) {
                            code.nop();
                          }
                          code.return_();
                        }));
    assertEquals(
        List.of("Huge.run has 8002 bytes, and HotSpot compiles up to 8000"),
        Bytecode.findings(ClassFile.of().parse(huge)));
  }

  private static ClassModel parse(Path file) {
    try {
      return ClassFile.of().parse(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
