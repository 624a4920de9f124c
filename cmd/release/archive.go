package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// file is an entry of an archive: a folder if its name ends with a slash. It belongs to root unless it has another owner.
type file struct {
	name  string
	mode  fs.FileMode
	owner int
	body  []byte
}

func (f file) folder() bool { return strings.HasSuffix(f.name, "/") }

// tarball packs files in the order of their names. Nothing in it depends on the machine that packs them.
func tarball(files []file, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range sorted(files) {
		// No owner names: on another machine they mean other users.
		kind := byte(tar.TypeReg)
		if f.folder() {
			kind = tar.TypeDir
		}
		h := &tar.Header{Typeflag: kind, Name: f.name, Mode: int64(f.mode), Uid: f.owner, Gid: f.owner, Size: int64(len(f.body)), ModTime: at, Format: tar.FormatGNU}
		if err := w.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := w.Write(f.body); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// gzipped compresses content. Like gzip -n, it leaves name and time out of the header.
func gzipped(content []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(content)
	err = errors.Join(err, w.Close()) // which writes the end
	return b.Bytes(), err
}

// zipped packs files for Windows, which cannot open other archives.
func zipped(files []file, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range sorted(files) {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: at}
		h.SetMode(f.mode)
		entry, err := w.CreateHeader(h)
		if err != nil {
			return nil, err
		}
		if _, err := entry.Write(f.body); err != nil {
			return nil, err
		}
	}
	err := w.Close()
	return b.Bytes(), err
}

// archive packs the program with its papers, its manual and the files of docs/deploy, all in one folder.
func (r *release) archive(t target, program []byte) ([]byte, error) {
	name := "rolecall"
	if t.system == "windows" {
		name += ".exe"
	}
	files := append([]file{{name: name, mode: 0o755, body: program}}, r.pages...)
	// The page deploy.md and the folder that it links to are next to each other, as in the repository.
	for _, paper := range []string{"LICENSE", "THIRD_PARTY.md", "CHANGELOG.md", "docs/deploy.md"} {
		text, err := r.source.read(paper)
		if err != nil {
			return nil, err
		}
		files = append(files, file{name: path.Base(paper), mode: 0o644, body: text})
	}
	deploy, err := r.deploy("deploy/")
	if err != nil {
		return nil, err
	}
	files = append(files, deploy...)
	// Unpacking gives one folder, not thirty files among others.
	for i := range files {
		files[i].name = "rolecall-" + r.bare() + "/" + files[i].name
	}
	if t.system == "windows" {
		return zipped(files, r.time)
	}
	return gzipped(tarball(files, r.time))
}

// deploy returns the files of docs/deploy, moved to another folder.
func (r *release) deploy(below string) (files []file, err error) {
	folder := filepath.Join(r.source.dir, "docs/deploy")
	entries, err := os.ReadDir(folder)
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		mode := fs.FileMode(0o644)
		if bytes.HasPrefix(text, []byte("#!")) { // git alone knows on Windows
			mode = 0o755
		}
		files = append(files, file{name: below + e.Name(), mode: mode, body: text})
	}
	return files, nil
}
