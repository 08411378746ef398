@org.jspecify.annotations.NullMarked
module telos.studies {
  requires static transitive org.jspecify;
  requires telos.irl;
  requires telos.nn.text;
  requires com.fasterxml.jackson.core;
  requires com.fasterxml.jackson.jr.ob;
  requires info.picocli;
  requires me.tongfei.progressbar;
  requires org.apache.commons.statistics.distribution;
}
