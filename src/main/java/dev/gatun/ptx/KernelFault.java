package dev.gatun.ptx;

/** A kernel did what would stop it on a GPU, or what has no defined result. */
public final class KernelFault extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Finding finding;

  KernelFault(Finding finding) {
    super(finding.toString());
    this.finding = finding;
  }

  public Finding finding() {
    return finding;
  }
}
