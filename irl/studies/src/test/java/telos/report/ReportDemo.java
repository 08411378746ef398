package telos.report;

import java.nio.file.Path;
import telos.study.*;

final class ReportDemo {
  public static void main(String[] args) throws Exception {
    Path out = Path.of(args[0]);
    new StudyRunner(RunTools.plain(new ArtefactCache(out.resolveSibling("cache")))).run(new ToyStudy(), Request.of(Profile.DEFAULT), out);
    System.out.println(Report.write(RunDirectory.open(out)));
  }
}
