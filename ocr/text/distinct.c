#include <string.h>

#include "ocr/text/lexicon_parts.h"

#define HEAD_MIN 2
#define EXTRA 2 /* so many more letters were read: こもれび総合病院 is not こもれび病院 */

/* Words that many institutions bear: who read only these knows nothing of which one it is. */
static const char *const usual[] = {
    "病院",
    "医院",
    "診療所",
    "クリニック",
    "総合",
    "中央",
    "記念",
    "リハビリテーション",
    "センター",
    "在宅",
    "内科",
    "外科",
    "整形外科",
    "皮膚科",
    "小児科",
    "眼科",
    "ケアプラン",
    "居宅介護支援",
    "ケア",
    "サポート",
    "介護相談",
    "事業所",
    "訪問看護",
    "ステーション",
    "介護老人保健施設",
    "老健",
    "苑",
    "特別養護老人ホーム",
    "グループホーム",
    "有料老人ホーム",
    "サ高住",
    "医療",
};

static void mark_usual(const struct tsk_reference *reference, const uint32_t *name, size_t length, bool *own)
{
    uint32_t word[TSK_WORD_MAX];

    for (size_t u = 0; u < TSK_COUNT(usual); u++) {
        size_t count = tsk_lexicon_fold(reference, usual[u], word, TSK_WORD_MAX);

        for (size_t at = 0; count > 0 && at + count <= length; at++)
            if (memcmp(name + at, word, count * sizeof(*word)) == 0)
                memset(own + at, 0, count * sizeof(*own));
    }
}

static size_t same_head(const uint32_t *a, size_t a_count, const uint32_t *b, size_t b_count)
{
    size_t n = 0;

    while (n < a_count && n < b_count && a[n] == b[n])
        n++;
    return n;
}

/* What begins like another institution does not tell the two apart. One that is the whole of the other is no other. */
static void mark_heads(const struct tsk_words *words, const uint32_t *name, size_t length, bool *own)
{
    for (size_t i = 0; i < words->count; i++) {
        size_t head = same_head(name, length, words->at[i].runes, words->at[i].length);

        if (head >= HEAD_MIN && head < length && head < words->at[i].length)
            memset(own, 0, head * sizeof(*own));
    }
}

/* Letters of the name that are in the reading, in order; only those that count. */
static size_t common(const struct tsk_lexicon *lexicon, const struct tsk_glyph *glyphs, size_t count,
                     const uint32_t *name, size_t length, const bool *own)
{
    size_t rows[2][TSK_WORD_MAX + 1] = { { 0 } };

    for (size_t i = 0; i < count; i++) {
        const size_t *before = rows[i % 2];
        size_t *now = rows[(i + 1) % 2];

        now[0] = 0;
        for (size_t k = 0; k < length; k++) {
            size_t both = own[k] && tsk_glyph_cost(lexicon, &glyphs[i], name[k]) <= 0.5 ? before[k] + 1 : 0;

            now[k + 1] = before[k + 1] > now[k] ? before[k + 1] : now[k];
            now[k + 1] = both > now[k + 1] ? both : now[k + 1];
        }
    }
    return rows[count % 2][length];
}

static size_t count_own(const bool *own, size_t length)
{
    size_t count = 0;

    for (size_t k = 0; k < length; k++)
        count += own[k];
    return count;
}

double tsk_lexicon_own_letters(const struct tsk_lexicon *lexicon, const char *institution,
                               const struct tsk_glyph *glyphs, size_t count)
{
    uint32_t name[TSK_WORD_MAX];
    bool own[TSK_WORD_MAX];
    size_t length = tsk_lexicon_fold(lexicon->reference, institution, name, TSK_WORD_MAX), kept;

    memset(own, 1, sizeof(own));
    mark_usual(lexicon->reference, name, length, own);
    mark_heads(&lexicon->institutions, name, length, own);
    if ((kept = count_own(own, length)) == 0) { /* 聖心総合 beside 聖心リハビリテーション */
        memset(own, 1, sizeof(own));
        mark_usual(lexicon->reference, name, length, own);
        kept = count_own(own, length);
    }
    if (kept == 0) {
        memset(own, 1, sizeof(own));
        kept = length;
    }
    if (kept == 0)
        return 0;
    double share = (double)common(lexicon, glyphs, count, name, length, own) / (double)kept;
    return count >= length + EXTRA ? share / 2 : share;
}
