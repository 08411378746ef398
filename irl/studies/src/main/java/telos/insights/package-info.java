/// The study of "Insights from the Inverse: Reconstructing LLM Training Goals Through Inverse RL"
/// (Joselowitz et al., COLM 2025): an LLM is pretrained, aligned by RLHF on a hidden reward, and
/// the reward is recovered from the behaviour of the two models alone.
///
/// Reading order: [telos.insights.InsightsFromTheInverse], the claims and the order of work;
/// [telos.insights.Laboratory], the stages; [telos.insights.Judge], how rewards and policies are
/// measured; [telos.insights.RealText], the same on a file of human preferences.
package telos.insights;
