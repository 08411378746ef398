"""Makes the golden files beside it with the libraries whose formats they are: gymnasium, minari 0.5.3, h5py, protobuf.

    python golden.py                  # writes minari/, d4rl*.hdf5, records.tfrecord, records.desc (protoc --descriptor_set_out)
    python golden.py check DIRECTORY  # reads what a test of telos left there: minari datasets below DIRECTORY/minari, *.tfrecord
"""
import os, struct, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROTO = os.path.join(HERE, "../../../../../main/resources/telos/rl/data")


def protocol():
    from grpc_tools import protoc
    import google.protobuf.descriptor_pb2 as d
    from google.protobuf import descriptor_pool, message_factory
    desc = os.path.join(HERE, "records.desc")
    assert protoc.main(["protoc", "-I" + PROTO, "--descriptor_set_out=" + desc, "records.proto"]) == 0
    pool = descriptor_pool.DescriptorPool()
    for f in d.FileDescriptorSet.FromString(open(desc, "rb").read()).file:
        pool.Add(f)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("telos.rl.data.Record"))


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    c = crc32c(data)
    return (((c >> 15) | (c << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def frames(path):
    data, at = open(path, "rb").read(), 0
    while at < len(data):
        (n,) = struct.unpack_from("<Q", data, at)
        assert struct.unpack_from("<I", data, at + 8)[0] == masked(data[at:at + 8])
        body = data[at + 12:at + 12 + n]
        assert struct.unpack_from("<I", data, at + 12 + n)[0] == masked(body)
        yield body
        at += 16 + n


def make_minari():
    import numpy as np, gymnasium as gym, minari
    from gymnasium import spaces
    from minari.data_collector import EpisodeBuffer
    os.environ["MINARI_DATASETS_PATH"] = os.path.join(HERE, "minari")
    obs = spaces.Dict({
        "box": spaces.Box(-np.inf, np.inf, (2, 3), np.float64),
        "discrete": spaces.Discrete(7, start=-2),
        "multi": spaces.MultiDiscrete([3, 4], start=[0, 5]),
        "bits": spaces.MultiBinary(4),
        "text": spaces.Text(max_length=6, min_length=0, charset="aäb c"),
        "tuple": spaces.Tuple((spaces.Box(0, 255, (2,), np.uint8), spaces.Dict({"deep": spaces.Discrete(2)})))})
    act = spaces.Tuple((spaces.Box(-1, 1, (3,), np.float32), spaces.Discrete(5)))
    words = ["", "aäb", "c c", "b"]
    buffers = []
    for e, T in enumerate([3, 2]):
        def seq(f, rows, dtype):
            return np.array([f(t) for t in range(rows)], dtype)
        observations = {
            "box": seq(lambda t: [[100 * e + 10 * t + 3 * i + j + .1 for j in range(3)] for i in range(2)], T + 1, np.float64),
            "discrete": seq(lambda t: (t + e) % 7 - 2, T + 1, np.int64),
            "multi": seq(lambda t: [t % 3, 5 + (t + e) % 4], T + 1, np.int64),
            "bits": seq(lambda t: [(t >> k) & 1 for k in range(4)], T + 1, np.int8),
            "text": [words[(t + e) % 4] for t in range(T + 1)],
            "tuple": (seq(lambda t: [250 + t, t], T + 1, np.uint8), {"deep": seq(lambda t: t % 2, T + 1, np.int64)})}
        actions = (seq(lambda t: [-1 + t / 4, .5, e / 8], T, np.float32), seq(lambda t: (2 * t + e) % 5, T, np.int64))
        ends = np.arange(T) == T - 1
        buffers.append(EpisodeBuffer(
            id=e, seed=41 + e, options={"gravity": 9.75, "goal": {"name": "door", "open": True, "at": np.array([1, 2])}} if e == 0 else None,
            observations=observations, actions=actions, rewards=[.5 * t - e for t in range(T)],
            terminations=list(ends & (e == 0)), truncations=list(ends & (e == 1)),
            infos={"speed": seq(lambda t: t / 2, T + 1, np.float32), "inner": {"hit": seq(lambda t: t == 1, T + 1, bool)}}))
    minari.create_dataset_from_buffers("golden/kinds-v3", buffers, observation_space=obs, action_space=act,
                                       algorithm_name="formula", author="telos", author_email="nobody", code_permalink="golden.py")


def make_images():
    import numpy as np, minari
    from gymnasium import spaces
    from minari.data_collector import EpisodeBuffer
    y, x = np.mgrid[0:40, 0:36]
    frames = [np.stack([3 * x + 20 * t, 4 * y, 0 * x + 90], -1).astype(np.uint8) for t in range(3)]
    gray = [(2 * x + 3 * y + 10 * t).astype(np.uint8) for t in range(3)]
    buffer = EpisodeBuffer(id=0, observations={"camera": np.array(frames), "depth": np.array(gray)}, actions=[0, 1],
                           rewards=[0., 1.], terminations=[False, True], truncations=[False, False], infos={})
    obs = spaces.Dict({"camera": spaces.Box(0, 255, (40, 36, 3), np.uint8), "depth": spaces.Box(0, 255, (40, 36), np.uint8)})
    minari.create_dataset_from_buffers("golden/images-v0", [buffer], observation_space=obs, action_space=spaces.Discrete(2))


def make_d4rl():
    import h5py, numpy as np
    N = 12  # episodes 0-3 terminal, 4-8 timed out, 9-11 open
    o = np.array([[i, i + .25] for i in range(N)], np.float32)
    a = np.array([[-i / 16] for i in range(N)], np.float64)
    term = np.array([i == 3 for i in range(N)])
    time = np.array([i == 8 for i in range(N)])
    def write(name, next_observations=False, column=False, timeouts=True):
        with h5py.File(os.path.join(HERE, name), "w") as f:
            f.create_dataset("observations", data=o, compression="gzip", chunks=(5, 1))
            f.create_dataset("actions", data=a)
            f.create_dataset("rewards", data=np.arange(N, dtype=np.float32).reshape((N, 1) if column else (N,)))
            f.create_dataset("terminals", data=term.reshape((N, 1)).astype(np.float32) if column else term)
            if timeouts:
                f.create_dataset("timeouts", data=time.reshape((N, 1)) if column else time)
            if next_observations:
                f.create_dataset("next_observations", data=o + 1)
            f.create_dataset("infos/qpos", data=o)
            f.create_dataset("metadata/algorithm", data="SAC")
    write("d4rl.hdf5")
    write("d4rl-next.hdf5", next_observations=True, column=True)
    write("d4rl-early.hdf5", timeouts=False)


def make_records():
    Record = protocol()
    def array(part, type, shape, fmt, values):
        part.type, part.data = type, struct.pack("<%d%s" % (len(values), fmt), *values)
        part.shape.extend(shape)
    def episode(e, base):
        array(e.observations.array, 1, [3, 2], "f", [base + i / 2 for i in range(6)])
        array(e.actions.array, 3, [2], "i", [1, 0])
        array(e.rewards, 2, [2], "d", [.1, -base])
        e.truncated, e.attributes = True, '{"seed":7,"source":"medium"}'
    with open(os.path.join(HERE, "records.tfrecord"), "wb") as f:
        def frame(r):
            body = r.SerializeToString()
            n = struct.pack("<Q", len(body))
            f.write(n + struct.pack("<I", masked(n)) + body + struct.pack("<I", masked(body)))
        r = Record()
        r.header.version = 1
        r.header.observation_space = '{"type": "Box", "dtype": "float32", "shape": [2], "low": [-Infinity, 0.0], "high": [Infinity, 9.5]}'
        r.header.action_space = '{"type": "Discrete", "dtype": "int64", "start": 0, "n": 2}'
        r.header.provenance = '{"algorithm_name": "formula"}'
        frame(r)
        r = Record(); episode(r.episode, 1); frame(r)
        r = Record(); episode(r.demonstration.episode, 2); r.demonstration.demonstrator = "somebody"; frame(r)
        r = Record(); episode(r.preference.first, 3); episode(r.preference.second, 4)
        r.preference.second_preferred = 0; r.preference.judge = "panel"; frame(r)
        r = Record(); episode(r.preference.first, 5); episode(r.preference.second, 6); frame(r)
        r = Record(); episode(r.rollout.episode, 7); r.rollout.version = 12
        array(r.rollout.log_probs, 1, [2], "f", [-.5, -.25]); array(r.rollout.values, 1, [3], "f", [1, 2, 3]); frame(r)


def check(directory):
    import numpy as np, minari
    os.environ["MINARI_DATASETS_PATH"] = root = os.path.join(directory, "minari")
    for where, _, files in os.walk(root):
        if "metadata.json" in files:
            d = minari.load_dataset(os.path.relpath(os.path.dirname(where), root))
            metadata = list(d.storage.get_episode_metadata(range(d.total_episodes)))
            for e, m in zip(d.iterate_episodes(), metadata):
                print(d.id, e, e.observations, e.actions, e.rewards, e.terminations, e.truncations, e.infos, m)
                assert e.terminations.dtype == bool and len(e) == m["total_steps"]
            print(d.total_episodes, d.total_steps, d.observation_space, d.action_space)
    from google.protobuf.unknown_fields import UnknownFieldSet
    Record = protocol()
    for name in sorted(os.listdir(directory)):
        if name.endswith(".tfrecord"):
            for body in frames(os.path.join(directory, name)):
                record = Record.FromString(body)
                assert not len(UnknownFieldSet(record))
                print(record.WhichOneof("kind"), len(body))


if __name__ == "__main__":
    if sys.argv[1:2] == ["check"]:
        check(sys.argv[2])
    else:
        make_minari(); make_images(); make_d4rl(); make_records()
