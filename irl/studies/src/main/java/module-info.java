/// The study harness, its report and the command line.
@org.jspecify.annotations.NullMarked
module telos.studies {
  requires static transitive org.jspecify;
  requires transitive telos.irl;
  requires telos.nn.text;
  requires telos.nn.serve;
  requires telos.rl.data;
  requires telos.rl.mujoco;
  requires telos.devices.cpu;
  requires telos.devices.opencl;
  requires java.management;
  requires jdk.incubator.vector;
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.jr.ob;
  requires info.picocli;
  requires me.tongfei.progressbar;
  requires org.apache.commons.statistics.distribution;

  exports telos.report;
  exports telos.study;
  exports telos.world;

  opens telos.agent to
      telos.tensor;
  opens telos.bench to
      telos.tensor;
  opens telos.cli to
      info.picocli,
      telos.tensor;

  provides telos.study.Study with
      telos.insights.InsightsFromTheInverse;

  uses telos.study.Study;
  uses telos.tensor.DeviceProvider;
}
