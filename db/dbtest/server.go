package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
)

// server is where the tests of this process have their databases.
var server = sync.OnceValues(func() (*Server, error) {
	if url := os.Getenv(variable); url != "start" {
		return &Server{URL: url}, nil
	}
	return StartServer("fsync=off", "full_page_writes=off", "synchronous_commit=off")
})

var databases atomic.Int64

// Blank is the place of a database on the server without any tables.
func Blank(tb testing.TB) string {
	tb.Helper()
	m, err := blank()
	if err != nil {
		tb.Fatal(err)
	}
	return m(tb)
}

var blank = sync.OnceValues(func() (copier, error) { return newDatabaseModel(func(string) error { return nil }) })

// newDatabaseModel makes a database that others are copied from.
func newDatabaseModel(make func(place string) error) (copier, error) {
	s, err := server()
	if err != nil {
		return nil, err
	}
	admin, err := sql.Open("pgx", s.URL)
	if err != nil {
		return nil, err
	}
	admin.SetMaxOpenConns(2) // a copy keeps the server busy
	ctx := context.Background()
	create := func(template string) (name string, err error) {
		name = fmt.Sprintf("rolecall_test_%d_%d", os.Getpid(), databases.Add(1))
		_, err = admin.ExecContext(ctx, "CREATE DATABASE "+name+" TEMPLATE "+template)
		return name, err
	}
	model, err := create("template0")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", variable, err)
	}
	if err := make(s.named(model)); err != nil {
		return nil, err
	}
	return func(tb testing.TB) string {
		tb.Helper()
		name, err := create(model)
		if err != nil {
			tb.Fatal(err)
		}
		tb.Cleanup(func() {
			if _, err := admin.ExecContext(ctx, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
				tb.Error(err)
			}
		})
		return s.named(name)
	}, nil
}

// named is the URL of another database of the server.
func (s *Server) named(database string) string {
	u, err := url.Parse(s.URL)
	if err != nil {
		panic(err) // a connection was made with it
	}
	u.Path = "/" + database
	return u.String()
}

// Server is a PostgreSQL server of the tests. It goes away with the process that started it, however that ends.
type Server struct {
	URL  string // of a database that is always there; everybody on this machine is let in
	Port int
	bin  string
	data string
}

// leads keeps open the pipes whose end stops a server: the garbage collector closes a file that nobody holds.
var leads sync.Map

// StartServer starts one with settings of postgresql.conf.
func StartServer(settings ...string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(memory(), "rolecall-postgres")
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, data: filepath.Join(dir, "data")}
	if err := give(dir); err != nil {
		return nil, err
	}
	// The order of texts is not that of their bytes here, as on most servers.
	if err := s.run("initdb", "--auth=trust", "--username=rolecall", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8",
		"--locale-provider=icu", "--icu-locale=en", "--pgdata="+s.data); err != nil {
		return nil, err
	}
	if err := s.start(settings); err != nil {
		return nil, err
	}
	return s, s.guard(dir)
}

// Let replaces what pg_hba.conf says.
func (s *Server) Let(lines string) error {
	if err := os.WriteFile(filepath.Join(s.data, "pg_hba.conf"), []byte(lines), 0o600); err != nil {
		return err
	}
	return s.run("pg_ctl", "reload", "--silent", "--pgdata="+s.data)
}

// Standby starts a server that follows s.
func (s *Server) Standby() (*Server, error) {
	dir, err := os.MkdirTemp(memory(), "rolecall-postgres")
	if err != nil {
		return nil, err
	}
	f := &Server{bin: s.bin, data: filepath.Join(dir, "data")}
	if err := give(dir); err != nil {
		return nil, err
	}
	if err := f.run("pg_basebackup", "--checkpoint=fast", "--no-sync", "--write-recovery-conf", "--pgdata="+f.data, "--dbname="+s.URL); err != nil {
		return nil, err
	}
	if err := f.start([]string{"synchronous_standby_names=''"}); err != nil {
		return nil, err
	}
	return f, f.guard(dir)
}

func (s *Server) start(settings []string) (err error) {
	if s.Port, err = freePort(); err != nil {
		return err
	}
	s.URL = fmt.Sprintf("postgres://rolecall@127.0.0.1:%d/postgres?sslmode=disable", s.Port)
	f, err := os.OpenFile(filepath.Join(s.data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	for _, setting := range append(settings, "listen_addresses='127.0.0.1'", fmt.Sprint("port=", s.Port),
		"unix_socket_directories=''", "max_connections=300", "jit=off", "log_min_messages=panic") {
		fmt.Fprintln(f, setting)
	}
	if err := f.Close(); err != nil {
		return err
	}
	return s.Control("start")
}

// Control runs pg_ctl, as in Control("restart", "--mode=immediate"), and waits until it is done.
func (s *Server) Control(args ...string) error {
	return s.run("pg_ctl", append(args, "--silent", "--wait", "--pgdata="+s.data, "--log="+s.data+".log")...)
}

// guard leaves a process behind that stops the server and clears away as soon as this process is gone.
func (s *Server) guard(dir string) error {
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	defer read.Close()
	leads.Store(write, s)
	c := exec.Command("sh", "-c", `cat; "$0" stop --silent --mode=immediate --pgdata="$1"; rm -rf "$2"`, filepath.Join(s.bin, "pg_ctl"), s.data, dir)
	c.Stdin, c.Dir = read, "/"
	lower(c)
	return c.Start()
}

func (s *Server) run(name string, args ...string) error {
	c := exec.Command(filepath.Join(s.bin, name), args...)
	c.Dir = "/"
	lower(c)
	var out []byte
	f, err := os.CreateTemp("", "rolecall-postgres") // a server that keeps a pipe would keep us waiting for its end
	if err != nil {
		return err
	}
	c.Stdout, c.Stderr = f, f
	if err = c.Run(); err != nil {
		out, _ = os.ReadFile(f.Name())
		log, _ := os.ReadFile(s.data + ".log")
		err = fmt.Errorf("%s: %w\n%s%s", name, err, out, log)
	}
	return errors.Join(err, f.Close(), os.Remove(f.Name()))
}

// binaries is the folder of the newest PostgreSQL of this machine: Debian keeps them out of the path.
func binaries() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if path, lookErr := exec.LookPath("initdb"); lookErr == nil && len(found) == 0 {
		found, err = []string{path}, nil
	}
	newest, best := "", -1.0
	for _, path := range found {
		version, _ := strconv.ParseFloat(filepath.Base(filepath.Dir(filepath.Dir(path))), 64)
		if version > best {
			newest, best = filepath.Dir(path), version
		}
	}
	if newest == "" {
		err = errors.Join(err, errors.New("there is no PostgreSQL here: apt-get install postgresql"))
	}
	return newest, err
}

// memory is where files need no disk, "" for the usual place.
func memory() string {
	if info, err := os.Stat("/dev/shm"); err == nil && info.IsDir() {
		return "/dev/shm"
	}
	return ""
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}
