package dev.gatun.house;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.nio.file.Path;

/** The compiled classes of the program, tests excluded. */
final class Classes {
  static final Path FOLDER = Path.of("target", "classes");

  private Classes() {}

  static JavaClasses all() {
    return Holder.ALL;
  }

  private static final class Holder {
    static final JavaClasses ALL = new ClassFileImporter().importPath(FOLDER.resolve("dev"));
  }
}
