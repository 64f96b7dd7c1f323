package dev.gatun.ptx;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Collects findings: the first of each kind at each instruction of a launch. */
final class Findings {
  private static final int MOST = 10_000;

  private record Key(Finding.Kind kind, Instruction at) {}

  private final List<Finding> all = new ArrayList<>();
  private final Set<Key> seen = new HashSet<>();

  synchronized void beginLaunch() {
    seen.clear();
  }

  synchronized void add(Instruction at, Finding finding) {
    if (all.size() < MOST && seen.add(new Key(finding.kind(), at))) {
      all.add(finding);
    }
  }

  synchronized List<Finding> all() {
    return List.copyOf(all);
  }

  synchronized void clear() {
    all.clear();
    seen.clear();
  }
}
