package procfs_test

import (
	"strings"
	"testing"

	"github.com/apiwatch/apiwatch/collectors/procfs"
	"github.com/apiwatch/apiwatch/scripts/fuzzing"
)

const buildID = "8nzf2q3i8vqjd6q4rkxjgg5qd"

var cgroups = []struct{ name, text, id, runtime string }{
	// The host.
	{"empty", "", "", ""},
	{"v2 root", "0::/\n", "", ""},
	{"session", "0::/user.slice/user-1000.slice/session-3.scope\n", "", ""},
	{"service", "0::/system.slice/docker.service\n", "", ""},
	{"containerd", "0::/system.slice/containerd.service\n", "", ""},
	{
		"terminal",
		"0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice/" +
			"vte-spawn-0f6a3d6e-7c53-4a4b-9a55-0e7f6f0f0d11.scope\n", "", "",
	},
	{
		"snap", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/snap.firefox.firefox-0f6a3d6e-7c53-4a4b-9a55-0e7f6f0f0d11.scope\n",
		"", "",
	},
	{"inside a cgroup namespace", "0::/init.scope\n", "", ""},
	{"garbage", "x\n:\n::\n0:\n\n0::\n::::::\n", "", ""},

	// Docker.
	{"docker systemd v2", "0::/system.slice/docker-" + idA + ".scope\n", idA, "docker"},
	{"docker cgroupfs v2", "0::/docker/" + idA + "\n", idA, "docker"},
	{"docker v1", "12:freezer:/docker/" + idA + "\n11:cpu,cpuacct:/docker/" + idA + "\n1:name=systemd:/docker/" + idA +
		"\n0::/system.slice/containerd.service\n", idA, "docker"},
	{"docker v1, some controllers of the host", "13:rdma:/\n12:pids:/docker/" + idA + "\n0::/\n", idA, "docker"},
	{"docker-ce", "4:pids:/docker-ce/docker/" + idA + "\n", idA, "docker"},
	{"docker custom slice", "0::/machines.slice/docker-" + idA + ".scope\n", idA, "docker"},
	{"docker rootless", "0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-" + idA + ".scope\n", idA, "docker"},
	{"systemd in docker", "0::/system.slice/docker-" + idA + ".scope/system.slice/ssh.service\n", idA, "docker"},
	{"relative to a namespace", "0::/../../docker-" + idA + ".scope\n", idA, "docker"},
	{"buildkit", "0::/docker/buildkit/" + buildID + "\n", buildID, "docker"},
	{"buildkit v1", "9:pids:/docker/buildkit/" + idA + "\n", idA, "docker"},
	{"ecs", "9:pids:/ecs/task-0123456789abcdef0123456789abcdef/" + idA + "\n", idA, "docker"},
	{"unknown runtime", "9:pids:/actions_job/" + idA + "\n", idA, ""},
	{"no colon in the path", "0::/system.slice:docker:" + idA + "\n", idA, "docker"},

	// Kubernetes.
	{
		"containerd systemd",
		"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0d2e0a4d_0d7b_4a3b_9d2b_4e0cdb1c1b1d.slice/cri-containerd-" + idA +
			".scope\n", idA, "containerd",
	},
	{"containerd cgroupfs", "0::/kubepods/besteffort/pod0d2e0a4d-0d7b-4a3b-9d2b-4e0cdb1c1b1d/" + idA + "\n", idA, "containerd"},
	{
		"containerd colons",
		"11:devices:/system.slice/containerd.service/kubepods-burstable-podc9ae7ad9_0b9c_4b7c_8b8e_0ee0b4e1b2c3.slice:cri-containerd:" + idA +
			"\n", idA, "containerd",
	},
	{"docker in kubernetes", "1:name=systemd:/kubepods.slice/kubepods-pod1.slice/docker-" + idA + ".scope\n", idA, "docker"},
	{"pod without a container", "0::/kubepods/besteffort/pod0d2e0a4d-0d7b-4a3b-9d2b-4e0cdb1c1b1d\n", "", ""},
	{"kind", "0::/docker/" + idA +
		"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod1.slice/cri-containerd-" + idB +
		".scope\n", idB, "containerd"},
	{"kind cgroupfs", "0::/docker/" + idA + "/kubelet/kubepods/besteffort/pod1/" + idB + "\n", idB, "containerd"},
	{
		"nesting seen by one controller only", "2:pids:/docker/" + idA + "\n1:name=systemd:/docker/" + idA + "/docker/" + idB + "\n", idB,
		"docker",
	},
	{"cri-o", "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/crio-" + idA + ".scope\n", idA, "cri-o"},
	{"cri-o with a child", "0::/kubepods.slice/kubepods-besteffort-pod1.slice/crio-" + idA + ".scope/container\n", idA, "cri-o"},
	{"cri-o cgroupfs", "0::/kubepods/besteffort/pod1/crio-" + idA + "\n", idA, "cri-o"},
	{"cri-o's monitor", "0::/kubepods.slice/kubepods-besteffort-pod1.slice/crio-conmon-" + idA + ".scope\n", "", ""},
	{"ctr", "0::/k8s.io/" + idA + "\n", idA, "containerd"},
	{"nerdctl", "0::/system.slice/nerdctl-" + idA + ".scope\n", idA, "containerd"},

	// Podman.
	{"podman", "0::/machine.slice/libpod-" + idA + ".scope/container\n", idA, "podman"},
	{"podman rootless", "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + idA + ".scope/container\n", idA, "podman"},
	{"podman in a pod", "0::/machine.slice/machine-libpod_pod_" + idB + ".slice/libpod-" + idA + ".scope\n", idA, "podman"},
	{"podman cgroupfs", "9:pids:/libpod_parent/libpod-" + idA + "\n", idA, "podman"},
	{"podman cgroupfs in a pod", "9:pids:/libpod_parent/" + idB + "/libpod-" + idA + "\n", idA, "podman"},
	{"podman's monitor", "0::/machine.slice/libpod-conmon-" + idA + ".scope\n", "", ""},
	{"podman's monitor, cgroupfs", "9:pids:/libpod_parent/conmon\n", "", ""},
	{"podman's pod", "9:pids:/libpod_parent/" + idB + "\n", "", ""},

	// LXC.
	{"lxc", "9:pids:/lxc/web-1\n", "web-1", "lxc"},
	{"lxc init", "1:name=systemd:/lxc/100/ns/init.scope\n", "100", "lxc"},
	{"lxc payload", "0::/lxc.payload.web.one/system.slice/cron.service\n", "web.one", "lxc"},
	{"lxc payload folder", "0::/lxc.payload/web\n", "web", "lxc"},
	{"lxc monitor", "0::/lxc.monitor.web\n", "", ""},
	{"lxc monitor folder", "0::/lxc.monitor/web\n", "", ""},
	{"docker in lxc", "0::/lxc.payload.web/system.slice/docker-" + idA + ".scope\n", idA, "docker"},
	{"lxc monitor in lxc", "0::/lxc.payload.outer/lxc.monitor.inner\n", "outer", "lxc"},
	{"libvirt lxc", `0::/machine.slice/machine-lxc\x2d4711\x2dweb\x2d1.scope` + "\n", "web-1", "lxc"},

	// systemd-nspawn.
	{"nspawn scope", `0::/machine.slice/machine-deb\x2dsid.scope/payload/init.scope` + "\n", "deb-sid", "systemd-nspawn"},
	{"nspawn scope v1", `1:name=systemd:/machine.slice/machine-arch.scope` + "\n", "arch", "systemd-nspawn"},
	{
		"nspawn service", `0::/machine.slice/systemd-nspawn@deb\x2dsid.service/payload/system.slice/x.service` + "\n", "deb-sid",
		"systemd-nspawn",
	},
	{"nspawn supervisor", `0::/machine.slice/systemd-nspawn@deb.service/supervisor` + "\n", "", ""},
	{"nspawn in docker, supervisor", "0::/docker/" + idA + "/machine.slice/machine-a.scope/supervisor\n", idA, "docker"},
	{"virtual machine", `0::/machine.slice/machine-qemu\x2d1\x2dvm.scope/libvirt/emulator` + "\n", "", ""},
	{"nspawn named like qemu", `0::/machine.slice/machine-qemu\x2dvm.scope` + "\n", "qemu-vm", "systemd-nspawn"},
	{"a user's scope", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/machine-x.scope\n", "", ""},

	// Names that only look like it.
	{"63 digits", "0::/docker/" + idA[:63] + "\n", "", ""},
	{"65 digits", "0::/docker/" + idA + "0\n", "", ""},
	{"capital digits", "0::/docker/" + strings.ToUpper(idA) + "\n", "", ""},
	{"digits within a name", "0::/user.slice/user-1000.slice/user@1000.service/run-" + idA + ".scope\n", "", ""},
	{"suffix", "0::/system.slice/docker-" + idA + ".scope.service\n", "", ""},
	{"service named like a container", "0::/system.slice/docker-" + idA + ".service\n", "", ""},
	{"a user's bare id", "0::/user.slice/user-1000.slice/user@1000.service/" + idA + "\n", "", ""},
	{"too short a build", "0::/docker/buildkit/" + buildID[1:] + "\n", "", ""},
	{"build of another parent", "0::/x/buildkit/" + buildID + "\n", "", ""},
	{"controller named like a container", "3:docker/" + idA + ":/\n", "", ""},
}

func TestContainer(t *testing.T) {
	for _, c := range cgroups {
		if id, runtime := procfs.Container([]byte(c.text)); id != c.id || runtime != c.runtime {
			t.Errorf("%s: %q of %q, want %q of %q", c.name, id, runtime, c.id, c.runtime)
		}
	}
}

func FuzzContainer(f *testing.F) {
	for _, c := range cgroups {
		f.Add([]byte(c.text))
	}
	fuzzing.Quickly(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		id, runtime := procfs.Container(text)
		if id == "" && runtime != "" {
			t.Errorf("runtime %q without an id", runtime)
		}
		if strings.ContainsAny(id, "\n") && !strings.Contains(string(text), `\x`) {
			t.Errorf("id %q spans lines", id)
		}
		if len(id) > len(text) {
			t.Errorf("id %q is longer than its source", id)
		}
	})
}

func BenchmarkContainer(b *testing.B) {
	for _, c := range []struct{ name, text string }{
		{"host", "0::/user.slice/user-1000.slice/user@1000.service/app.slice/app-x.scope\n"},
		{
			"kubernetes_v2",
			"0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0d2e0a4d_0d7b_4a3b_9d2b_4e0cdb1c1b1d.slice/cri-containerd-" + idA +
				".scope\n",
		},
		{"docker_v1", strings.Repeat("9:pids:/docker/"+idA+"\n", 12)},
	} {
		b.Run(c.name, func(b *testing.B) {
			text := []byte(c.text)
			b.ReportAllocs()
			for b.Loop() {
				procfs.Container(text)
			}
		})
	}
}
