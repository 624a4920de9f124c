//go:build linux

package db

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// powercuts is how many times the power is cut: only when asked for, since it mounts file systems. Where loop devices
// cannot be had, as in some containers, it is left out whatever is required: nothing can be installed for it.
func powercuts(t *testing.T) int {
	t.Helper()
	n, _ := strconv.Atoi(os.Getenv("ROLECALL_POWERCUT"))
	if n == 0 {
		t.Skip("set ROLECALL_POWERCUT to a number of rounds, as `task powercut` does")
	}
	if os.Getuid() != 0 {
		leaveOut(t, "only root may mount the file systems that this needs")
	}
	need(t, "losetup", "mkfs.ext4", "mount", "fallocate")
	image := filepath.Join(t.TempDir(), "probe.img")
	command(t, "truncate", "-s", "1M", image)
	device, err := exec.Command("losetup", "--find", "--show", image).CombinedOutput()
	if err != nil {
		t.Skipf("not here: there are no loop devices: %v: %s", err, device)
	}
	command(t, "losetup", "--detach", strings.TrimSpace(string(device)))
	return n
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
}

// disk makes an ext4 file system of so many megabytes in a file, and mounts it.
func disk(t *testing.T, megabytes string) (image, folder string) {
	t.Helper()
	image = filepath.Join(t.TempDir(), "disk.img")
	command(t, "truncate", "-s", megabytes+"M", image)
	command(t, "mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image)
	return image, mount(t, image)
}

func mount(t *testing.T, image string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	command(t, "mount", "-o", "loop", image, folder)
	t.Cleanup(func() { command(t, "umount", folder) })
	return folder
}

// cut lets 64 clients write to a disk, cuts its power at some moment, and counts what is missing when it is back. What a
// process wrote and did not sync is in the memory of the kernel and not in the image; the copy has the image alone.
func cut(t *testing.T, synchronous string) (acked, lost int) {
	image, folder := disk(t, "64")
	names, refused := crash(t, filepath.Join(folder, "test.db"), 200+rand.IntN(3000), []string{writerSync + "=" + synchronous})
	after := filepath.Join(t.TempDir(), "after.img")
	command(t, "cp", "--sparse=always", image, after)
	if len(refused) > 0 {
		t.Fatalf("refused: %.300q", refused)
	}
	return len(names), len(missing(t, filepath.Join(mount(t, after), "test.db"), names))
}

// Every write that was acknowledged is there after a power cut. The same test with less syncing shows that it would
// notice if one were not.
func TestPowerCut(t *testing.T) {
	rounds := powercuts(t)
	for _, level := range []string{"FULL", "NORMAL"} {
		t.Run(level, func(t *testing.T) {
			var acked, lost, rounded int
			for range rounds {
				t.Run("", func(t *testing.T) {
					a, l := cut(t, level)
					acked, lost = acked+a, lost+l
					if l > 0 {
						rounded++
					}
				})
			}
			t.Logf("synchronous=%s: %d power cuts, %d acknowledged writes, %d lost in %d rounds", level, rounds, acked, lost, rounded)
			if level == "FULL" && lost > 0 {
				t.Errorf("%d acknowledged writes are gone", lost)
			}
			if level != "FULL" && lost == 0 {
				t.Error("nothing was lost without syncing: this test notices nothing")
			}
		})
	}
}

// A disk that is full refuses writes and loses none, and takes them again when there is room.
func TestFullDisk(t *testing.T) {
	powercuts(t)
	_, folder := disk(t, "8")
	path := filepath.Join(folder, "test.db")
	ballast := filepath.Join(folder, "ballast")
	command(t, "fallocate", "-l", "3M", ballast)
	acked, refused := crash(t, path, 1<<30, nil)
	if len(acked) == 0 || len(refused) < writerClients {
		t.Fatalf("%d acknowledged, %d refused: the disk was not full", len(acked), len(refused))
	}
	t.Logf("%d acknowledged before the disk was full; then: %s", len(acked), refused[0])
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	if gone := missing(t, path, acked); len(gone) > 0 {
		t.Errorf("%d of %d acknowledged writes are gone", len(gone), len(acked))
	}
	d, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	if err := insert(t.Context(), d, "room-again"); err != nil {
		t.Error(err)
	}
}
