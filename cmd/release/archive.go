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

// tarball packs files in the order of their names, with nothing of the machine that does it.
func tarball(files []file, at time.Time) ([]byte, error) {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, f := range sorted(files) {
		// No name of an owner: another machine has other users by it.
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

// gzipped leaves name and time of the header out, as gzip -n does.
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

// zipped is for Windows, which opens nothing else.
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

// archive is the program with its papers, its manual, and the files of docs/deploy, in a folder of its own.
func (r *release) archive(t target, program []byte) ([]byte, error) {
	name := "rolecall"
	if t.system == "windows" {
		name += ".exe"
	}
	files := append([]file{{name: name, mode: 0o755, body: program}}, r.pages...)
	// The page and the folder that it leads to lie beside each other here as in the repository.
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
	// Whoever unpacks it gets one folder, not thirty files among others.
	for i := range files {
		files[i].name = "rolecall-" + r.bare() + "/" + files[i].name
	}
	if t.system == "windows" {
		return zipped(files, r.time)
	}
	return gzipped(tarball(files, r.time))
}

// deploy is what stands in docs/deploy, below another folder.
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
