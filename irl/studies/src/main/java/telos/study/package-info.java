/// The study harness: what a paper claims, measured, with an honest verdict.
///
/// Reading order:
///
/// 1. [telos.study.Study]: a paper, its [telos.study.Claim]s, the [telos.study.Arm]s that are
///    compared and the [telos.study.World]s they live in. `run` measures; it never judges.
/// 2. [telos.study.StudyRun] and [telos.study.Trial]: what a study is given while it runs. A
///    *stage* is done once per seed, seeds side by side on single-thread devices
///    ([telos.study.Seeds]); a finished stage of a seed is stored and skipped when the run is
///    resumed.
/// 3. [telos.study.Measurements], [telos.study.Estimand], [telos.study.Interval],
///    [telos.study.Criterion], [telos.study.Verdict]: from one number per seed to a verdict.
/// 4. [telos.study.RunDirectory] and [telos.study.ArtefactCache]: what stays on disk.
package telos.study;
