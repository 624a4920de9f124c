package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"rolecall.example/db"
	"rolecall.example/db/dbtest"
	"rolecall.example/org/services"
)

// TestServeCatalog: the file fills a database without accounts, and changes no other, whatever is in it then.
func TestServeCatalog(t *testing.T) {
	t.Parallel()
	examples := filepath.Join("..", "..", "examples", "catalogs")
	place := dbtest.Place(t)
	shown := func() (notes []string) {
		t.Helper()
		d, err := db.Open(t.Context(), place)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		service := services.New(d, services.Options{})
		list, err := service.CatalogVersions(t.Context(), service.Operator())
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			notes = append(notes, v.Product+" "+v.Note)
		}
		return notes
	}
	serve := func(file, says string) string {
		t.Helper()
		server := start(t, nil, "", "--db", place, "--http-address", "127.0.0.1:0", "--catalog", file)
		server.wait(t, &server.log, `address=(\S+)`)
		server.wait(t, &server.log, says)
		server.stop()
		server.exit(t)
		return server.log.String()
	}
	expenses, hospital := filepath.Join(examples, "expenses.yaml"), filepath.Join(examples, "hospital.yaml")
	serve(expenses, "(the catalog is that of the file)")
	before := shown()
	if len(before) != 2 || before[0] != "expenses From the file that the server was started with" {
		t.Fatalf("the versions are %q", before)
	}
	if log := serve(expenses, "(setup_token)"); strings.Contains(log, "catalog") {
		t.Errorf("the same file again: %s", log)
	}
	if code, out, log := call(t, "", "users", "create", "--db", place, "--username", "ada", "--email", "ada@example.com", "--role", "owner"); code != 0 {
		t.Fatalf("%s%s", out, log)
	}
	serve(hospital, "(is not applied)")
	if got := shown(); !slices.Equal(got, before) {
		t.Errorf("a file changed the catalog of a database with an account: %q, before %q", got, before)
	}
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("format: rolecall/catalog/1\nlable: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, log := call(t, "", "--db", place, "--http-address", "127.0.0.1:0", "--catalog", wrong); code != 2 || !strings.Contains(log, wrong+":2:1:") {
		t.Errorf("a wrong file: exit code %d, %s%s", code, out, log)
	}
}
