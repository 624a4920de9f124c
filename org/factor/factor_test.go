package factor_test

import (
	"bytes"
	"encoding/base32"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"rolecall.example/org/factor"
)

// The seed and the times of RFC 6238, appendix B; the codes are the last six digits of those that stand there for SHA-1.
var vectors = map[int64]string{
	59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
}

func TestVectors(t *testing.T) {
	t.Parallel()
	seed := []byte("12345678901234567890")
	for at, code := range vectors {
		now := time.Unix(at, 0)
		if step, ok := factor.Step(seed, code, now, 0); !ok || step != at/30 {
			t.Errorf("%d: step %d, %v", at, step, ok)
		}
		if got, err := factor.Code(seed, now); err != nil || got != code {
			t.Errorf("%d: the app shows %s, %v", at, got, err)
		}
	}
}

// A code counts one period early and late, no further, and never again after it was used, nor one from before it.
func TestStep(t *testing.T) {
	t.Parallel()
	seed, now := factor.NewSeed(), time.Unix(1_800_000_000, 0)
	for periods := int64(-3); periods <= 3; periods++ {
		code, err := factor.Code(seed, now.Add(time.Duration(periods)*30*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		spaced := code[:3] + " " + code[3:]
		step, ok := factor.Step(seed, spaced, now, 0)
		if want := periods >= -1 && periods <= 1; ok != want || ok && step != now.Unix()/30+periods {
			t.Errorf("%d periods off: %v", periods, ok)
		}
		if _, ok := factor.Step(seed, code, now, now.Unix()/30+periods); ok {
			t.Errorf("%d periods off: taken again", periods)
		}
	}
	for _, code := range []string{"", "0", "12345", "1234567", "abcdef", strings.Repeat("1", 1000)} {
		if _, ok := factor.Step(seed, code, now, 0); ok {
			t.Errorf("%q was taken", code)
		}
	}
}

// What an app is told is understood by the library that others use.
func TestEnrol(t *testing.T) {
	t.Parallel()
	seed := factor.NewSeed()
	e, err := factor.Enrol(seed, "rolecall roles.example.com", "ada: the first")
	if err != nil {
		t.Fatal(err)
	}
	if back, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(e.Secret); err != nil || !bytes.Equal(back, seed) {
		t.Errorf("the secret is another one: %v", err)
	}
	for _, want := range []string{"otpauth://totp/rolecall%20roles.example.com:ada%20%20the%20first?", "secret=" + e.Secret, "issuer=rolecall%20roles.example.com", "period=30", "digits=6"} {
		if !strings.Contains(e.URL, want) {
			t.Errorf("%s has no %s", e.URL, want)
		}
	}
	now := time.Now()
	code, err := totp.GenerateCode(e.Secret, now)
	if _, ok := factor.Step(seed, code, now, 0); err != nil || !ok {
		t.Errorf("the code of another app is refused: %v", err)
	}
	if !strings.HasPrefix(e.QR, "data:image/png;base64,") {
		t.Errorf("the picture begins with %.30s", e.QR)
	}
}

func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	codes := factor.NewRecoveryCodes()
	seen := map[string]bool{}
	for _, code := range codes {
		seen[string(factor.RecoveryHash(code))] = true
		loose := strings.ToLower(strings.ReplaceAll(code, "-", " "))
		if !factor.IsRecoveryCode(loose) || !bytes.Equal(factor.RecoveryHash(loose), factor.RecoveryHash(code)) {
			t.Errorf("%q is not %q", loose, code)
		}
	}
	if len(seen) != factor.RecoveryCodes {
		t.Errorf("%d codes, %d different", len(codes), len(seen))
	}
	if factor.IsRecoveryCode("123 456") {
		t.Error("a code of an app counts as a recovery code")
	}
}

func TestVault(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "db.key")
	seed := factor.NewSeed()
	if _, err := factor.NewVault("", false).Seal(seed, "a"); !errors.Is(err, factor.ErrNoKey) {
		t.Errorf("without a key: %v", err)
	}
	if err := factor.NewVault(path, false).Check(); err == nil {
		t.Error("a file that is missing passed the check")
	}
	first := factor.NewVault(path, true)
	if err := first.Check(); err != nil {
		t.Errorf("before it is made: %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("looking made the file")
	}
	sealed, err := first.Seal(seed, "a")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	if bytes.Contains(sealed, seed) {
		t.Error("the seed can be read")
	}
	again := factor.NewVault(path, true)
	if got, err := again.Open(sealed, "a"); err != nil || !bytes.Equal(got, seed) {
		t.Errorf("opened by another process: %x, %v", got, err)
	}
	if _, err := again.Open(sealed, "b"); err == nil {
		t.Error("opened for another account")
	}
	// A key that comes first seals; those after it still open.
	old, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rotated := filepath.Join(t.TempDir(), "both.key")
	if err := os.WriteFile(rotated, append([]byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), old...), 0o600); err != nil {
		t.Fatal(err)
	}
	both := factor.NewVault(rotated, false)
	if got, err := both.Open(sealed, "a"); err != nil || !bytes.Equal(got, seed) {
		t.Errorf("after a rotation: %x, %v", got, err)
	}
	if anew, err := both.Seal(seed, "a"); err != nil {
		t.Error(err)
	} else if _, err := again.Open(anew, "a"); err == nil {
		t.Error("the old key sealed")
	}
	if err := os.WriteFile(rotated, []byte("short\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := factor.NewVault(rotated, false).Check(); err == nil {
		t.Error("a line that is no key passed the check")
	}
}
