package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// culture is a set of given and family names, each with the spelling for usernames.
type culture struct {
	weight        int // of a thousand people
	given, family []string
	familyFirst   bool
	joint         string // between given and family name
}

// names keeps the tables below readable.
func names(s string) []string { return strings.Fields(s) }

// cultures has names that the console must display well: with diacritics, wide, and written from right to left.
var cultures = []culture{
	{weight: 430, joint: " ",
		given: names(`Ada/ada Alan/alan Amelia/amelia Ben/ben Clara/clara Daniel/daniel Edith/edith Felix/felix Grace/grace
			Hugo/hugo Iris/iris Jack/jack Kate/kate Leo/leo Martha/martha Nora/nora Oscar/oscar Paula/paula Ruth/ruth
			Simon/simon Tess/tess Victor/victor Wendy/wendy Imani/imani Kwame/kwame Amara/amara`),
		family: names(`Adams/adams Bell/bell Carter/carter Davies/davies Ellis/ellis Foster/foster Grant/grant Hughes/hughes
			Ingram/ingram Jones/jones Keller/keller Lang/lang Moore/moore Nash/nash O’Brien/obrien Parker/parker Quinn/quinn
			Reed/reed Shaw/shaw Turner/turner Underwood/underwood Vance/vance Webb/webb Young/young Okafor/okafor Mensah/mensah`)},
	{weight: 270, joint: " ",
		given: names(`Zoë/zoe Łukasz/lukasz Jürgen/jurgen Søren/soren Åsa/asa Renée/renee Núria/nuria Ștefan/stefan Žofie/zofie
			Işıl/isil Đặng/dang Björn/bjorn Małgorzata/malgorzata João/joao Siân/sian Chloé/chloe Þóra/thora Őrs/ors`),
		family: names(`Müller/mueller Wiśniewska/wisniewska Ångström/angstrom Ñíguez/niguez Dvořák/dvorak Çelik/celik Nguyễn/nguyen
			Gonçalves/goncalves Lefèvre/lefevre Kovács/kovacs Ionescu/ionescu Ødegård/odegard Kučera/kucera Þorláksson/thorlaksson
			Švarc/svarc Béranger/beranger Ğedik/gedik Rußwurm/russwurm`)},
	{weight: 90, joint: " ",
		given:  names(`Анна/anna Дмитрий/dmitry Олена/olena Иван/ivan Юлия/yulia Сергей/sergey Катерина/kateryna Милош/milos Ясна/jasna`),
		family: names(`Ковалёва/kovaleva Шевченко/shevchenko Петров/petrov Іваненко/ivanenko Соколова/sokolova Јовановић/jovanovic Цветков/tsvetkov`)},
	{weight: 70, familyFirst: true,
		given:  names(`伟/wei 秀英/xiuying 敏/min 静/jing 磊/lei 晓明/xiaoming 雨桐/yutong 浩然/haoran`),
		family: names(`王/wang 李/li 张/zhang 刘/liu 陈/chen 欧阳/ouyang 司马/sima`)},
	{weight: 50, familyFirst: true, joint: " ",
		given:  names(`さくら/sakura 蓮/ren 陽菜/hina 大翔/hiroto 美咲/misaki ハルト/haruto`),
		family: names(`佐藤/sato 鈴木/suzuki 高橋/takahashi 渡辺/watanabe 伊藤/ito`)},
	{weight: 30, familyFirst: true,
		given: names(`서연/seoyeon 민준/minjun 지우/jiwoo 하은/haeun 도윤/doyun`), family: names(`김/kim 이/lee 박/park 최/choi 황보/hwangbo`)},
	{weight: 30, joint: " ",
		given:  names(`ليلى/layla عمر/omar فاطمة/fatima يوسف/yusuf نور/nour`),
		family: names(`الهاشمي/alhashimi حداد/haddad منصور/mansour العمري/alomari`)},
	{weight: 15, joint: " ",
		given: names(`נועה/noa דוד/david תמר/tamar איתן/eitan`), family: names(`כהן/cohen לוי/levi ברק/barak שפירא/shapira`)},
	{weight: 15, joint: " ",
		given: names(`आरव/aarav प्रिया/priya रोहन/rohan अनिका/anika`), family: names(`शर्मा/sharma पटेल/patel वर्मा/varma अय्यर/iyer`)},
}

// person is an invented account.
type person struct {
	username, name string
	service        bool
}

// acquaintances work for the company of the same index. Their names are fixed because the documentation uses them.
var acquaintances = [][]person{
	{{username: "alan", name: "Alan Turner"}, {username: "grace", name: "Grace Bell"}},
	{},
	{{username: "wendy", name: "Wendy Nash"}},
}

// oddities are accounts that break a careless layout.
var oddities = []person{
	{username: "maximiliana-von-und-zu-hohenfels", name: "Maximiliana Freifrau von und zu Hohenfels-Gröbenzell"},
	{username: "w", name: "W"},
	{username: "nameless"},
	{username: "llanfairpwllgwyngyllgogerychwyrn", name: "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"},
	{username: "jean-luc", name: `Jean-Luc "JL" d’Arcy & <fils>`},
	{username: "007", name: "James"},
}

// programs are service accounts.
var programs = serviceAccounts(`backup-bot ci-deploy dependency-bot grafana-sync incident-bot lab-door-sync metrics-reader
	nightly-build provisioner-eu provisioner-us release-train scim-import terraform-prod terraform-staging vault-agent
	warehouse-robot-1 warehouse-robot-2 web-monitor`)

func serviceAccounts(usernames string) (list []person) {
	for _, name := range names(usernames) {
		list = append(list, person{username: name, service: true})
	}
	return list
}

// crowd yields invented people without end, always in the same order. All usernames are distinct. Each run has the same
// people: screenshots and examples in the documentation must not change by chance.
type crowd struct {
	rng   *rand.Rand
	taken map[string]int
}

// newCrowd starts with the names that are already taken, so that the crowd does not use them again.
func newCrowd() *crowd {
	c := &crowd{rng: rand.New(rand.NewPCG(20, 26)), taken: map[string]int{"ada": 1}}
	for _, p := range slices.Concat(slices.Concat(acquaintances...), oddities, programs) {
		c.taken[p.username] = 1
	}
	return c
}

func (c *crowd) next() person {
	k := c.culture()
	given, givenASCII, _ := strings.Cut(pick(c.rng, k.given), "/")
	family, familyASCII, _ := strings.Cut(pick(c.rng, k.family), "/")
	p := person{name: given + k.joint + family}
	if k.familyFirst {
		p.name = family + k.joint + given
	}
	// Companies seldom have just one rule for usernames, and search has to find all of them.
	switch n := c.rng.IntN(10); {
	case n < 7:
		p.username = c.free(givenASCII + "-" + familyASCII)
	case n < 9:
		p.username = c.free(givenASCII[:1] + familyASCII)
	default:
		p.username = c.free(givenASCII)
	}
	return p
}

// culture draws by weight. The weights add up to 1000; the last line is for a table that does not.
func (c *crowd) culture() *culture {
	n := c.rng.IntN(1000)
	for i := range cultures {
		if n -= cultures[i].weight; n < 0 {
			return &cultures[i]
		}
	}
	return &cultures[0]
}

// free returns name, with a number if it is taken.
func (c *crowd) free(name string) string {
	// The new name may be taken too, by a person whose real name it is.
	c.taken[name]++
	if n := c.taken[name]; n > 1 {
		return c.free(fmt.Sprintf("%s-%d", name, n))
	}
	return name
}

func pick[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }
