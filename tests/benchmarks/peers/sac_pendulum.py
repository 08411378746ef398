"""Soft actor-critic on Pendulum in PyTorch: the peer that telos' SAC is measured against.

The sizes and the order of work are those of CleanRL's sac_continuous_action.py and of telos.rl.online.Sac: two hidden
layers of 256, batches of 256, two critics with two targets, automatic temperature, Adam, one update of everything for
each step of the environment. The environment is Gymnasium's Pendulum-v1, written out so that nothing but PyTorch is
needed. What a careful user would do is done: critics get no gradient in the actor's step, and nothing is logged inside
the loop.

usage: sac_pendulum.py [UPDATES [WARM_UP]]        (OMP_NUM_THREADS sets the threads; one unless set)
prints: updates/s by the clock and by processor time (which other programs disturb less), and the mean return of the
last ten episodes
"""

import copy
import math
import os
import random
import sys
import time

import torch
from torch import nn

HIDDEN = 256
BATCH = 256
GAMMA = 0.99
TAU = 0.005
ACTOR_RATE = 3e-4
CRITIC_RATE = 1e-3
ALPHA_RATE = 1e-3
LOG_STD = (-5.0, 2.0)
LIMIT = 200
TORQUE = 2.0


class Pendulum:
    """Gymnasium's Pendulum-v1: angle (0 is upright) and velocity; episodes are cut after 200 steps."""

    def reset(self):
        self.angle = random.uniform(-math.pi, math.pi)
        self.velocity = random.uniform(-1, 1)
        self.steps = 0
        return self.seen()

    def seen(self):
        return [math.cos(self.angle), math.sin(self.angle), self.velocity]

    def step(self, torque):
        torque = max(-TORQUE, min(TORQUE, torque))
        lean = (self.angle + math.pi) % (2 * math.pi) - math.pi
        cost = lean * lean + 0.1 * self.velocity * self.velocity + 0.001 * torque * torque
        velocity = self.velocity + (15 * math.sin(self.angle) + 3 * torque) * 0.05
        self.velocity = max(-8.0, min(8.0, velocity))
        self.angle += self.velocity * 0.05
        self.steps += 1
        return self.seen(), -cost, self.steps == LIMIT


def network(inputs, outputs):
    return nn.Sequential(
        nn.Linear(inputs, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, outputs)
    )


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = network(4, 1)

    def forward(self, observations, actions):
        return self.body(torch.cat([observations, actions], 1)).squeeze(1)


class Actor(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = network(3, 2)

    def forward(self, observations):
        mean, spread = self.body(observations).chunk(2, 1)
        log_std = LOG_STD[0] + 0.5 * (LOG_STD[1] - LOG_STD[0]) * (torch.tanh(spread) + 1)
        return mean, log_std

    def draw(self, observations):
        mean, log_std = self(observations)
        noise = torch.randn_like(mean)
        before = mean + log_std.exp() * noise
        log_prob = -0.5 * noise.square() - log_std - 0.5 * math.log(2 * math.pi)
        log_prob = log_prob - 2 * (math.log(2) - before - nn.functional.softplus(-2 * before))
        return torch.tanh(before), log_prob.sum(1)


class Replay:
    def __init__(self, capacity):
        self.observations = torch.zeros(capacity, 3)
        self.actions = torch.zeros(capacity, 1)
        self.rewards = torch.zeros(capacity)
        self.next = torch.zeros(capacity, 3)
        self.discounts = torch.zeros(capacity)
        self.capacity = capacity
        self.count = 0

    def add(self, observation, action, reward, following, discount):
        at = self.count % self.capacity
        self.observations[at] = observation
        self.actions[at] = action
        self.rewards[at] = reward
        self.next[at] = following
        self.discounts[at] = discount
        self.count += 1

    def sample(self):
        rows = torch.randint(0, min(self.count, self.capacity), (BATCH,))
        return self.observations[rows], self.actions[rows], self.rewards[rows], self.next[rows], self.discounts[rows]


class Sac:
    def __init__(self):
        self.actor = Actor()
        self.critics = [Critic(), Critic()]
        self.targets = copy.deepcopy(self.critics)
        self.log_alpha = torch.zeros(1, requires_grad=True)
        self.critic_parameters = [p for critic in self.critics for p in critic.parameters()]
        self.target_parameters = [p for critic in self.targets for p in critic.parameters()]
        self.actor_adam = torch.optim.Adam(self.actor.parameters(), lr=ACTOR_RATE)
        self.critic_adam = torch.optim.Adam(self.critic_parameters, lr=CRITIC_RATE)
        self.alpha_adam = torch.optim.Adam([self.log_alpha], lr=ALPHA_RATE)

    def update(self, batch):
        observations, actions, rewards, following, discounts = batch
        alpha = self.log_alpha.detach().exp()
        with torch.no_grad():
            next_actions, log_prob = self.actor.draw(following)
            values = torch.min(*[critic(following, next_actions) for critic in self.targets])
            goal = rewards + discounts * (values - alpha * log_prob)
        loss = sum(nn.functional.mse_loss(critic(observations, actions), goal) for critic in self.critics)
        self.critic_adam.zero_grad()
        loss.backward()
        self.critic_adam.step()

        for p in self.critic_parameters:
            p.requires_grad_(False)
        chosen, log_prob = self.actor.draw(observations)
        values = torch.min(*[critic(observations, chosen) for critic in self.critics])
        loss = (alpha * log_prob - values).mean()
        self.actor_adam.zero_grad()
        loss.backward()
        self.actor_adam.step()
        for p in self.critic_parameters:
            p.requires_grad_(True)

        loss = (-self.log_alpha.exp() * (log_prob.detach() - 1)).mean()
        self.alpha_adam.zero_grad()
        loss.backward()
        self.alpha_adam.step()

        with torch.no_grad():
            for target, p in zip(self.target_parameters, self.critic_parameters):
                target.lerp_(p, TAU)


def main():
    updates = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    warm_up = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    torch.manual_seed(1)
    random.seed(1)
    world, replay, sac = Pendulum(), Replay(100_000), Sac()
    observation = torch.tensor(world.reset())
    total, returns = 0.0, []
    for step in range(BATCH + warm_up + updates):
        if step == BATCH + warm_up:
            began, used = time.perf_counter(), time.process_time()
        if step < BATCH:
            action = torch.rand(1) * 2 - 1
        else:
            with torch.no_grad():
                action = sac.actor.draw(observation[None])[0][0]
        following, reward, over = world.step(TORQUE * action.item())
        following = torch.tensor(following)
        replay.add(observation, action, reward, following, GAMMA)
        total += reward
        if over:
            returns.append(total)
            total, following = 0.0, torch.tensor(world.reset())
        observation = following
        if step >= BATCH:
            sac.update(replay.sample())
    elapsed, used = time.perf_counter() - began, time.process_time() - used
    recent = returns[-10:]
    print(
        f"{updates / elapsed:.1f} updates/s, {updates / used:.1f} per second of processor time, "
        f"{torch.get_num_threads()} thread(s), return {sum(recent) / max(len(recent), 1):.1f}"
    )


if __name__ == "__main__":
    main()
