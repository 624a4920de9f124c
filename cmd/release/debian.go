package main

import (
	"bytes"
	"crypto/md5" //nolint:gosec // the format asks for these sums, against damage
	"embed"
	"fmt"
	"path"
	"strings"
	"time"
)

// debianFiles are what dpkg reads and runs.
//
//go:embed debian
var debianFiles embed.FS

// debianVersion makes dpkg sort builds and candidates before the release that they lead to.
func debianVersion(bare string) string { return strings.Replace(bare, "-", "~", 1) }

// debian makes a package: an ar archive with the version of the format, what dpkg has to know, and the files.
func (r *release) debian(t target, program []byte) ([]byte, error) {
	files, err := r.installed(program)
	if err != nil {
		return nil, err
	}
	control, err := r.control(t, files)
	if err != nil {
		return nil, err
	}
	facts, err := gzipped(tarball(control, r.time))
	if err != nil {
		return nil, err
	}
	data, err := gzipped(tarball(withFolders(files), r.time))
	if err != nil {
		return nil, err
	}
	return ar(r.time, file{name: "debian-binary", body: []byte("2.0\n")}, file{name: "control.tar.gz", body: facts}, file{name: "data.tar.gz", body: data}), nil
}

// installed returns the files of the package under the paths where they are installed.
func (r *release) installed(program []byte) ([]file, error) {
	deploy, err := r.deploy("")
	if err != nil {
		return nil, err
	}
	files := []file{{name: "usr/bin/rolecall", mode: 0o755, body: program}}
	for _, f := range deploy {
		// By their purpose: a new file in docs/deploy is an example unless it gets a case here.
		switch path.Ext(f.name) {
		case ".service", ".timer":
			// A package does not install below /usr/local.
			f.body = bytes.ReplaceAll(f.body, []byte("/usr/local/bin/rolecall"), []byte("/usr/bin/rolecall"))
			f.name = "usr/lib/systemd/system/" + f.name
		case ".env":
			f.name, f.mode = "etc/"+f.name, 0o640 // it may hold passwords
		default:
			f.name = "usr/share/doc/rolecall/examples/" + f.name
		}
		files = append(files, f)
	}
	shells := map[string]string{
		"completion/bash": "usr/share/bash-completion/completions/rolecall", "completion/zsh": "usr/share/zsh/vendor-completions/_rolecall",
		"completion/fish": "usr/share/fish/vendor_completions.d/rolecall.fish",
	}
	for _, f := range r.pages {
		f.name = shells[f.name] + map[bool]string{true: "usr/share/man/man1/" + path.Base(f.name) + ".gz"}[shells[f.name] == ""]
		if strings.HasSuffix(f.name, ".gz") {
			if f.body, err = gzipped(f.body, nil); err != nil {
				return nil, err
			}
		}
		files = append(files, f)
	}
	papers, err := r.papers()
	return append(files, papers...), err
}

// papers returns the documents for which Debian has fixed places: the licences in one file, the compressed changelog, the manual.
func (r *release) papers() ([]file, error) {
	license, err := r.source.read("LICENSE")
	if err != nil {
		return nil, err
	}
	others, err := r.source.read("THIRD_PARTY.md")
	if err != nil {
		return nil, err
	}
	changelog, err := gzipped(r.source.read("CHANGELOG.md"))
	if err != nil {
		return nil, err
	}
	manual, err := r.source.read("docs/deploy.md")
	const folder = "usr/share/doc/rolecall/"
	return []file{
		{name: folder + "copyright", mode: 0o644, body: bytes.Join([][]byte{license, others}, []byte("\n"))},
		{name: folder + "changelog.gz", mode: 0o644, body: changelog},
		{name: folder + "deploy.md", mode: 0o644, body: manual},
	}, err
}

// control returns what dpkg has to know: the fields, which files belong to the operator, checksums of the others, and scripts.
func (r *release) control(t target, files []file) ([]file, error) {
	var kept, sums strings.Builder
	size := 0
	// dpkg compares an operator's file with what was packed before, and asks before it overwrites a change.
	for _, f := range sorted(files) {
		size += len(f.body)
		if strings.HasPrefix(f.name, "etc/") {
			fmt.Fprintf(&kept, "/%s\n", f.name)
		} else {
			fmt.Fprintf(&sums, "%x  %s\n", md5.Sum(f.body), f.name) //nolint:gosec // as above
		}
	}
	// The file does not contain what differs from build to build.
	fields, err := debianFiles.ReadFile("debian/control")
	if err != nil {
		return nil, err
	}
	head := fmt.Sprintf("Package: rolecall\nVersion: %s\nArchitecture: %s\nInstalled-Size: %d\n", debianVersion(r.bare()), t.machine, (size+1023)/1024)
	control := []file{
		{name: "./control", mode: 0o644, body: append([]byte(head), fields...)},
		{name: "./conffiles", mode: 0o644, body: []byte(kept.String())},
		{name: "./md5sums", mode: 0o644, body: []byte(sums.String())},
	}
	for _, name := range []string{"postinst", "prerm", "postrm"} {
		script, err := debianFiles.ReadFile("debian/" + name)
		if err != nil {
			return nil, err
		}
		control = append(control, file{name: "./" + name, mode: 0o755, body: script})
	}
	return control, nil
}

// withFolders adds the folders of files, and puts "./" before all names, as dpkg does.
func withFolders(files []file) []file {
	seen := map[string]bool{}
	var all []file
	for _, f := range files {
		for folder := path.Dir(f.name); folder != "." && !seen[folder]; folder = path.Dir(folder) {
			seen[folder] = true
			all = append(all, file{name: "./" + folder + "/", mode: 0o755})
		}
		f.name = "./" + f.name
		all = append(all, f)
	}
	return append(all, file{name: "./", mode: 0o755})
}

// ar packs files in the given order, in the only format that dpkg accepts.
func ar(at time.Time, files ...file) []byte {
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	for _, f := range files {
		fmt.Fprintf(&b, "%-16s%-12d%-6d%-6d%-8o%-10d`\n", f.name, at.Unix(), 0, 0, 0o100644, len(f.body))
		b.Write(f.body)
		if len(f.body)%2 == 1 { // each entry begins at an even place
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}
