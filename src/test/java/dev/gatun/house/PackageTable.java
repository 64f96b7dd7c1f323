package dev.gatun.house;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Which package may use which. A package not in the table may not exist. Each line reads {@code
 * package: the packages it uses}; a package may always use itself.
 */
final class PackageTable {
  static final String ROOT = "dev.gatun";

  private static final String TABLE =
      """
      core:
      memory:   core
      device:   core memory
      cpu:      core memory
      cuda:     core memory device
      ptx:      core memory device cuda
      tensor:   core memory device
      autograd: core memory tensor
      op:       core memory device cpu tensor autograd
      nn:       core memory cpu tensor autograd op
      model:    core memory tensor autograd op nn
      lora:     core memory tensor autograd op nn model
      optim:    core memory tensor op nn
      token:    core
      hub:      core memory tensor nn model lora token
      data:     core token
      generate: core memory device tensor autograd op nn model token
      train:    core memory device cpu tensor autograd op nn model lora optim token hub data \
                generate
      verify:   core memory device cpu cuda ptx tensor autograd op nn model lora optim token hub \
                data train generate
      explain:  ptx device tensor autograd op
      cli:      core memory device cpu cuda ptx tensor autograd op nn model lora optim token hub \
                data generate train verify explain
      """;

  private static final Map<String, Set<String>> ALLOWED = parse();

  private PackageTable() {}

  /** The names of all packages, without the root. */
  static Set<String> packages() {
    return ALLOWED.keySet();
  }

  /** Whether classes of one package may use classes of the other. */
  static boolean allows(String user, String used) {
    return user.equals(used) || ALLOWED.getOrDefault(user, Set.of()).contains(used);
  }

  /** The first name below the root, for example {@code op} for {@code dev.gatun.op.x}. */
  static String nameOf(String packageName) {
    List<String> names = Arrays.asList(packageName.split("\\.", -1));
    return names.size() < 3 ? "" : names.get(2);
  }

  private static Map<String, Set<String>> parse() {
    return TABLE
        .lines()
        .map(line -> line.split(":", -1))
        .collect(
            Collectors.toMap(
                cells -> cells[0],
                cells -> new TreeSet<>(Arrays.asList(cells[1].strip().split(" +", -1))),
                (a, b) -> {
                  throw new IllegalStateException("two lines for one package");
                },
                TreeMap::new));
  }
}
