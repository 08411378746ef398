/// Training of agents from the command line: [Algorithms] are known by name, [Settings] make their
/// configurations from text, an [AgentPlan] says everything that decides a run, [AgentTraining]
/// does it for one seed, and [AgentFiles] is what it leaves behind.
package telos.agent;
