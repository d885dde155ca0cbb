package main

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/aside-cli/aside/sources/mototest"
)

// TestRemoteStores uses every store but exec as a user does.
func TestRemoteStores(t *testing.T) {
	endpoint := newMoto(t)
	for _, store := range append(awsStores[:], "sst-local", "local") {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "app: shop\nstore: "+store+"\n", awsEnv(endpoint)...)
			if store == "local" {
				s.env = append(s.env, "ASIDE_QUIET=true") // a new identity is made, and told of
			}

			if r := s.aside("secret", "set", "StripeKey", "sk $1 'ä\"\n"); r.code != 0 || r.stdout != "" ||
				store != "local" && r.stderr != "aside: set StripeKey in stage dev\n" {
				t.Fatalf("%+v", r)
			}
			s.prints("sk $1 'ä\"\n", "secret", "get", "StripeKey")
			s.must("secret", "set", "Level", "back", "--fallback")
			s.must("secret", "set", "StripeKey", "hidden", "--fallback")
			s.write("more.env", "Url=http://x\n")
			s.must("secret", "load", "more.env")
			s.must("secret", "set", "Url", "http://y")

			list := s.must("secret", "list")
			for _, line := range []string{"# fallback", "Level=back", "# shop/dev", "Url=http://y"} {
				if !slices.Contains(strings.Split(list, "\n"), line) {
					t.Errorf("the list lacks %s:\n%s", line, list)
				}
			}
			if got := s.must("explain", "StripeKey"); !strings.Contains(got, "shadows        fallback (") {
				t.Errorf("explain: %s", got)
			}
			s.prints("sk $1 'ä\"\n,back,http://y\n", "run", "--no-watch", "--", "sh", "-c", `echo "$StripeKey,$Level,$Url"`)
			s.prints("sk $1 'ä\"\n,back,http://y\n", "run", "--watch", "--", "sh", "-c", `echo "$StripeKey,$Level,$Url"`)
			s.prints("hidden\n", "run", "--stage", "other", "--no-watch", "--", "sh", "-c", `echo "$StripeKey"`)

			s.must("secret", "remove", "StripeKey")
			s.fails(1, "aside: StripeKey in stage dev: not found\n  there is a fallback: aside secret get StripeKey --fallback\n",
				"secret", "get", "StripeKey")
			if r := s.aside("secret", "remove", "StripeKey"); r.code != 1 || !strings.Contains(r.stderr, "not found") {
				t.Errorf("removed twice: %+v", r)
			}
			s.must("secret", "remove", "StripeKey", "--fallback")
			s.prints("unset\n", "run", "--no-watch", "--", "sh", "-c", `echo "${StripeKey-unset}"`)
		})
	}
}

// What another tool wrote.
func TestRemoteForeignSecrets(t *testing.T) {
	endpoint := newMoto(t)
	_, err := secretsManager(endpoint).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: aws.String("shop/dev"), SecretString: aws.String(`{"A": "1", "B": "2"}`),
	})
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, "app: shop\nstore: awssm\n", awsEnv(endpoint)...)
	s.must("secret", "set", "B", "3")
	s.prints("1,3\n", "run", "--no-watch", "--", "sh", "-c", `echo "$A,$B"`)

	_, err = parameters(endpoint).PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/web/db-password"), Value: aws.String("4"), Type: "SecureString",
	})
	if err != nil {
		t.Fatal(err)
	}
	chamber := newSite(t, "app: web\nstore: ssm\nssm: {prefix: '/{app}', case: upper}\n", awsEnv(endpoint)...)
	chamber.prints("4\n", "run", "--no-watch", "--", "sh", "-c", `echo "$DB_PASSWORD"`)
	chamber.must("secret", "set", "DB_PASSWORD", "5")
	chamber.prints("5", "secret", "get", "DB_PASSWORD")
}

// What SST v2 made with Config.Parameter comes with the secrets, but is none.
func TestRemoteParameters(t *testing.T) {
	endpoint := newMoto(t)
	c := newCable(t, endpoint)
	for name, value := range map[string]string{"VERSION": "1", "PORT": "eighty"} {
		_, err := parameters(endpoint).PutParameter(t.Context(), &ssm.PutParameterInput{
			Name: aws.String("/sst/shop/dev/Parameter/" + name + "/value"), Value: &value, Type: "String",
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	s := newSite(t, "app: shop\nstore: sst-v2\nundeclared: error\nsecrets: {KEY: {}, PORT: {type: port}}\n", awsEnv(c.URL)...)
	s.must("identity", "new")
	s.must("secret", "set", "KEY", "k")
	s.must("secret", "set", "PORT", "80", "--fallback") // which wins over the parameter
	show := []string{"run", "--no-watch", "--", "sh", "-c", `echo "$KEY,$PORT,$VERSION"`}
	s.prints("k,80,1\n", show...)
	s.fails(1, "aside: PORT in stage dev: not found\n  there is a fallback: aside secret get PORT --fallback\n", "secret", "get", "PORT")
	s.must("secret", "copy", "--from", "dev", "--to", "other")
	s.prints("k,80,\n", append([]string{"run", "--stage", "other"}, show[1:]...)...)

	s.prints(",80,1\n", append([]string{"run", "--except", "KEY"}, show[1:]...)...)

	c.pulled.Store(true)
	if r := s.aside(show...); r.code != 0 || r.stdout != "k,80,1\n" {
		t.Errorf("without the store: %+v", r)
	}
	asked := c.passed.Load()
	if r := s.aside("check", "--offline"); r.code != 0 || c.passed.Load() != asked {
		t.Errorf("check --offline asked %d times: %+v", c.passed.Load()-asked, r)
	}
	s.env = append(s.env, "AWS_DEFAULT_PROFILE=other") // whose account may be another
	if r := s.aside(show...); r.code != 125 {
		t.Errorf("with another profile: %+v", r)
	}
}

// Whoever may read production may not be allowed to read another stage.
func TestCheckProductionAlone(t *testing.T) {
	endpoint := newMoto(t)
	c := newCable(t, endpoint)
	c.pulled.Store(true)
	s := newSite(t, "app: shop\nstages:\n  production: {store: awssm}\n  dev: {store: ssm}\n",
		append(awsEnv(endpoint), "AWS_ENDPOINT_URL_SSM="+c.URL)...)
	s.must("secret", "set", "KEY", "k", "--stage", "production")
	if r := s.aside("check", "--stage", "production"); r.code != 1 || !strings.Contains(r.stderr, "aside: compare with stage dev: ssm: ") ||
		!strings.Contains(r.stderr, "--allow reused") {
		t.Errorf("%+v", r)
	}
	s.must("check", "--stage", "production", "--allow", "reused")
}

// An app of SST says its name and home in sst.config.ts, unless aside.yaml does.
func TestRemoteSSTConfig(t *testing.T) {
	endpoint := newMoto(t)
	config := func(home string) string {
		return "export default $config({\n  app(input) {\n    return { name: \"named\", home: \"" + home + "\" };\n  },\n});\n"
	}
	s := newSite(t, "store: sst\n", awsEnv(endpoint)...)
	s.write("sst.config.ts", config("local"))
	s.must("secret", "set", "Key", "in a file")
	s.prints("named in a file\n", "run", "--no-watch", "--", "sh", "-c", `echo "$ASIDE_APP $Key"`)
	s.write("sst.config.ts", config("aws"))
	s.prints("none\n", "run", "--no-watch", "--", "sh", "-c", `echo "${Key-none}"`)
	s.must("secret", "set", "Key", "in a bucket")
	s.prints("named in a bucket\n", "run", "--no-watch", "--", "sh", "-c", `echo "$ASIDE_APP $Key"`)

	s.write("aside.yaml", "store: sst\napp: other\n")
	s.prints("other none\n", "run", "--no-watch", "--", "sh", "-c", `echo "$ASIDE_APP ${Key-none}"`)
}

// AWS's own variables are left as they are, and lead nobody to AWS whose
// secrets lie elsewhere.
func TestRemoteLeavesAlone(t *testing.T) {
	c := newCable(t, newMoto(t))
	s := newSite(t, "app: shop\naws: {region: us-west-2, profile: none}\nstages:\n  production: {store: awssm}\n",
		append(awsEnv(c.URL), "AWS_CONTAINER_CREDENTIALS_FULL_URI="+c.URL)...)
	show := []string{"run", "--no-watch", "--", "sh", "-c", "env | grep ^AWS_ | sort"}
	want := slices.DeleteFunc(slices.Clone(s.env), func(v string) bool { return !strings.HasPrefix(v, "AWS_") })
	slices.Sort(want)
	s.prints(strings.Join(want, "\n")+"\n", show...)
	s.prints(strings.Join(want, "\n")+"\n", append([]string{"run", "--watch"}, show[2:]...)...)
	if n := c.passed.Load(); n != 0 {
		t.Errorf("%d requests for a stage whose store is local", n)
	}
	s.prints(strings.Join(want, "\n")+"\n", append([]string{"run", "--stage", "production"}, show[1:]...)...)
	if c.passed.Load() == 0 {
		t.Error("no requests for a stage whose store is remote")
	}
}

// A server that is no more: one line and how to mend it, in time.
func TestRemoteServerKilled(t *testing.T) {
	server := new(mototest.Server)
	t.Cleanup(server.Stop)
	endpoint := server.URL(t)
	server.Stop()
	for _, store := range awsStores {
		t.Run(store, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, "app: shop\nstore: "+store+"\n", awsEnv(endpoint)...)
			began := time.Now()
			r := s.aside("run", "--", "true")
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
			about := regexp.MustCompile(`\Aaside: ` + store + `: (/\S+: )?127\.0\.0\.1:\d+ cannot be reached: connection refused\n` +
				`  check the network, and endpoint under aws: in aside.yaml and AWS_ENDPOINT_URL\n\z`)
			if r.code != exitRun || r.stdout != "" || !about.MatchString(r.stderr) {
				t.Errorf("%+v", r)
			}
		})
	}
}
