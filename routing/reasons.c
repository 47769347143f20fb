#include "routing/reasons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct wording {
    const char *part; /* of the English line; the first that is found counts */
    const char *words;
};

#define AGAIN "送信元に再送を依頼してください。"
#define AS_FAX "Fax または PDF で送り直してもらってください。"

static const struct wording documents[] = {
    { "larger than", "大きすぎるため、受け付けていません。元のファイルはフォルダーの refused/ "
                     "にあります。分けて送ってもらってください。" },
    { "interrupted",
      "読み取りが何度も中断されました。元の文書を見てから、もう一度読み取らせてください（tasuki queue retry）。" },
    { "PDF with a password", "パスワード付きの PDF です。パスワードなしで送り直してもらってください。" },
    { "PDF that is damaged", "PDF が壊れているか、ページがありません。" AGAIN },
    { "pages are too many or too large", "PDF のページが多すぎるか、大きすぎます。分けて送ってもらってください。" },
    { "PDF that takes too long", "PDF の描画に時間がかかりすぎます。" AS_FAX },
    { "PDF on which the PDF program broke down", "PDF を開く途中で処理が異常終了しました。" AS_FAX },
    { "PDF page that cannot be drawn", "PDF のページを描画できません。" AS_FAX },
    { "TIFF file that", "TIFF ファイルが壊れているか、途中で切れています。" AGAIN },
    { "compression", "読み取れない圧縮形式の画像です。" AS_FAX },
    { "more than", "ページまたは添付が多すぎます。分けて送ってもらってください。" },
    { "too many attachments", "添付が多すぎます。分けて送ってもらってください。" },
    { "claims", "ページの大きさが異常です。A4 の Fax として送り直してもらってください。" },
    { "too large", "画像が大きすぎて読み取れません。300 dpi か Fax で送り直してもらってください。" },
    { "is not a TIFF, PDF", "TIFF・PDF・PNG・JPEG のどれでもないファイルです。" AS_FAX },
    { "is not a file", "ファイルではありません。" AGAIN },
    { "is empty", "中身のないファイルです。" AGAIN },
    { "no pages", "ページがありません。" AGAIN },
    { "attachment without content", "中身のない添付です。" AGAIN },
    { "DocuWorks", "DocuWorks 文書は読み取れません。" AS_FAX },
    { "Office document", "Office の文書は読み取れません。" AS_FAX },
    { "word processor", "ワープロの文書は読み取れません。" AS_FAX },
    { "GIF", "GIF 画像は読み取れません。" AS_FAX },
    { "HEIC", "電話機の HEIC 画像は読み取れません。PDF か JPEG で送り直してもらってください。" },
    { "shortcut", "Windows のショートカットです。開かないでください。送信元に確認してください。" },
    { "of a kind that is not read", "読み取れない種類のファイルです。" AS_FAX },
    { "compressed file", "圧縮されたファイルは開きません。中のファイルをそのまま送ってもらってください。" },
    { "header that is too long", "メールのヘッダーが異常に長いため、分解していません。" AGAIN },
    { "parts nested too deep", "メールの入れ子が深すぎるため、分解していません。シートだけを送ってもらってください。" },
    { "too many parts", "メールの部分が多すぎるため、分解していません。シートだけを送ってもらってください。" },
    { "divided", "送信元の機械が分けて送ったメールの一部です。分けずに送ってもらってください。" },
    { "winmail.dat",
      "winmail.dat（Outlook 独自の形式）から添付を取り出せません。TIFF か PDF で送り直してもらってください。" },
    { "ZIP", "ZIP などの書庫は開きません。中のファイルをそのまま送ってもらってください。" },
    { "archive", "ZIP などの書庫は開きません。中のファイルをそのまま送ってもらってください。" },
    { "password", "パスワード付きのファイルは開きません。パスワードなしで送り直してもらってください。" },
    { "program", "プログラムの入ったファイルは開きません。送信元に確認してください。" },
    { "macro", "マクロの入った文書は開きません。" AS_FAX },
    { "encrypted", "暗号化されているため開けません。暗号化なしで送り直してもらってください。" },
    { "mail without a sheet", "シートのないメールです。読んで、返事が要れば返してください。" },
    { "could not be delivered",
      "届かなかったメールの知らせですが、この室が送ったものではありません。読んでください。" },
    { "result of a fax", "Fax サービスの結果のメールですが、どの Fax のものか分かりません。読んでください。" },
    { "cannot be taken apart", "メールを分解できません。元のメールを見てください。" },
    { "damaged", "ファイルが壊れています。" AGAIN },
    { "cut short", "ファイルが途中で切れています。" AGAIN },
    { "cut off", "ファイルが途中で切れています。" AGAIN },
    { "broke down", "読み取りの途中で処理が異常終了しました。元の文書は保管しています。" },
    { "takes too long", "読み取りに時間がかかりすぎます。元の文書は保管しています。" },
    { "ended without a word", "読み取りの途中で処理が異常終了しました。元の文書は保管しています。" },
    { "not those that were accepted", "保管中のファイルが壊れました（ディスクを調べてください）。" AGAIN },
    { "original is missing", "保管中のファイルが失われました（ディスクを調べてください）。" AGAIN },
};

static const struct wording deliveries[] = {
    { "no answer", "送り終えましたが、応答がありませんでした。届いているかもしれません。相手に確かめてください。" },
    { "not delivered within", "期限までに届けられませんでした。" },
    { "came back as undeliverable", "配送できないとして戻ってきました。アドレスを確かめてください。" },
    { "no word of what became of the fax",
      "Fax の結果が分かりません。送り直す前に、届いたかどうか相手に確かめてください。" },
    { "result mail is not clear",
      "Fax サービスの結果のメールからは、届いたかどうか分かりません。メールを読み、相手に確かめてください。" },
    { "no answer of hfaxd",
      "Fax サーバーの応答がありませんでした。送られたかもしれません。キューを確かめてください。" },
    { "address is not valid", "宛先または差出人のアドレスが正しくありません。" },
    { "no fax number", "宛先に Fax 番号がありません。" },
    { "redirect", "通知先のプログラム（webhook）が別の URL を案内しました。設定の url を直してください。" },
    { "goes out from here", "この方法では送れない設定になっています。" },
    { "by hand,", "人が送りましたが、届きませんでした。" },
    { "waits to be printed", "人が印刷して送るのを待っています。" },
};

static const char *join(struct tsk_arena *arena, const char *words, const char *before, const char *text,
                        const char *after)
{
    char *line = NULL;
    const char *kept;

    if (asprintf(&line, "%s%s%s%s", words, before, text, after) < 0)
        return text;
    kept = tsk_arena_strdup(arena, line);
    free(line);
    return kept != NULL ? kept : text;
}

static const char *find(const struct wording *table, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strstr(text, table[i].part) != NULL)
            return table[i].words;
    return NULL;
}

const char *tsk_reason_of_document(struct tsk_arena *arena, const char *text)
{
    const char *words = find(documents, TSK_COUNT(documents), text);

    return words != NULL ? words : join(arena, "読み取れませんでした", "（", text, "）");
}

/* The other side's own words matter to whoever has to call them. */
const char *tsk_reason_of_delivery(struct tsk_arena *arena, const char *text)
{
    const char *words = find(deliveries, TSK_COUNT(deliveries), text);

    return words != NULL ? join(arena, words, "（記録: ", text, "）") : join(arena, "相手側の返答: ", "", text, "");
}
