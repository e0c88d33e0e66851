"""The words of problems with bundles, their keys and signatures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .message import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

CONTAINER: Final[Mapping[str, Message]] = {
    "bundle-not": Message(
        "this is no bundle of tutela",
        "这不是 tutela 的策略包文件",
        "make one with `tutela bundle build -o FILE.tutela`",
        "请用 `tutela bundle build -o FILE.tutela` 生成",
    ),
    "bundle-compressed": Message(
        "this file is compressed with {kind}; a bundle is a plain tar file",
        "该文件经过 {kind} 压缩;策略包文件必须是未压缩的 tar 文件",
        "use the file that `tutela bundle build` wrote, as it is",
        "请直接使用 `tutela bundle build` 生成的文件",
    ),
    "bundle-truncated": Message(
        "the bundle ends too early, after {size} bytes",
        "策略包文件不完整,在 {size} 字节后中断",
        "copy or push it again",
        "请重新复制或推送",
    ),
    "bundle-trailing": Message(
        "something follows the end of the bundle, at byte {at}",
        "策略包文件结尾之后(第 {at} 字节起)还有内容",
        "use the file that `tutela bundle build` wrote, as it is",
        "请直接使用 `tutela bundle build` 生成的文件",
    ),
    "bundle-entry-kind": Message(
        "`{name}` in the bundle is a {reason}; a bundle holds plain files only",
        "策略包中的 `{name}` 是{reason};策略包只能包含普通文件",
        "somebody else than `tutela bundle build` wrote this file: do not use it",
        "该文件不是由 `tutela bundle build` 生成的,请勿使用",
    ),
    "bundle-entry-name": Message(
        "`{name}` is no name that a file in a bundle may have",
        "策略包中的文件不能命名为 `{name}`",
        "a name is relative, has no `..`, `:`, `\\` or control characters, and at most about 200 bytes",
        "名称须为相对路径,不含 `..`、`:`、`\\` 和控制字符,长度约 200 字节以内",
    ),
    "bundle-entry-header": Message(
        "the entry at byte {at} of the bundle is not as tutela writes it",
        "策略包第 {at} 字节处的条目不是 tutela 写入的形式",
        "the file was changed, or somebody else wrote it: do not use it",
        "该文件已被改动,或不是由 tutela 生成的,请勿使用",
    ),
    "bundle-entry-twice": Message(
        "`{name}` is in the bundle twice",
        "策略包中有两个 `{name}`",
        "the file was changed, or somebody else wrote it: do not use it",
        "该文件已被改动,或不是由 tutela 生成的,请勿使用",
    ),
    "bundle-entry-unlisted": Message(
        "`{name}` is in the bundle, but not in its manifest",
        "策略包中有 `{name}`,但清单中没有",
        "the file was changed, or somebody else wrote it: do not use it",
        "该文件已被改动,或不是由 tutela 生成的,请勿使用",
    ),
    "bundle-entry-missing": Message(
        "`{name}` is in the manifest of the bundle, but not in it",
        "策略包清单中有 `{name}`,但包中没有",
        "the file was changed, or somebody else wrote it: do not use it",
        "该文件已被改动,或不是由 tutela 生成的,请勿使用",
    ),
    "bundle-entry-changed": Message(
        "`{name}` is not what the manifest of the bundle says: it was changed",
        "`{name}` 与策略包清单不符:内容已被改动",
        "do not use it; get the bundle again from where it was built",
        "请勿使用;请从生成处重新获取",
    ),
    "bundle-entry-order": Message(
        "the files of the bundle do not stand in the order of its manifest",
        "策略包中文件的顺序与清单不一致",
        "the file was changed, or somebody else wrote it: do not use it",
        "该文件已被改动,或不是由 tutela 生成的,请勿使用",
    ),
    "bundle-format": Message(
        "the bundle has the format {found}; this tutela reads format {known}",
        "策略包的格式版本为 {found};本版本 tutela 只支持格式 {known}",
        "build it again with this tutela, or use a newer one",
        "请用本版本重新生成,或升级 tutela",
    ),
    "bundle-manifest-form": Message(
        "the manifest of the bundle is not as tutela writes it",
        "策略包的清单不是 tutela 写出的形式",
        "build the bundle with `tutela bundle build`",
        "请用 `tutela bundle build` 生成策略包",
    ),
    "bundle-digest": Message(
        "the policies of the bundle have the digest {found}, its manifest says {wanted}",
        "策略包中策略的摘要为 {found},而清单中为 {wanted}",
        "it was built by tutela {built}, this is {here}: build it again with this version",
        "它由 tutela {built} 生成,当前版本为 {here}:请用当前版本重新生成",
    ),
    "bundle-not-alone": Message(
        "`{file}` is a bundle, which holds everything: no other policies can stand beside it",
        "`{file}` 是完整的策略包文件,不能与其他策略并列",
        "name the bundle alone, or build one that holds the other policies, too",
        "请只指定该策略包文件,或生成包含其他策略的策略包",
    ),
    "bundle-pointer": Message(
        "this file does not name a bundle in its folder",
        "该文件没有指明同一文件夹中的策略包文件",
        "`tutela bundle push` writes it: one line with the name of a bundle",
        "它由 `tutela bundle push` 写入:一行,内容为策略包文件名",
    ),
}
SIGNING: Final[Mapping[str, Message]] = {
    "bundle-unsigned": Message(
        "the bundle is not signed",
        "策略包未签名",
        "sign it: `tutela bundle sign FILE --key KEY.pem`",
        "请签名:`tutela bundle sign FILE --key KEY.pem`",
    ),
    "bundle-untrusted": Message(
        "the bundle is signed by {found}, and not by a trusted key ({known})",
        "策略包由 {found} 签名,不是受信任的密钥({known})",
        "sign it with a trusted key, or name the public key of who signed it, if you trust them",
        "请用受信任的密钥签名;若信任签名者,请指定其公钥",
    ),
    "bundle-signature-wrong": Message(
        "the signature of {key} does not fit the bundle: the bundle or the signature was changed",
        "{key} 的签名与策略包不符:策略包或签名已被改动",
        "do not use it; get the bundle again from where it was signed",
        "请勿使用;请从签名处重新获取",
    ),
    "bundle-signatures": Message(
        "the signatures of the bundle are not as tutela writes them",
        "策略包中的签名不是 tutela 写入的形式",
        "the file was changed: do not use it",
        "该文件已被改动,请勿使用",
    ),
    "bundle-needed": Message(
        "bundle keys are configured, so policies come from a signed bundle only, and these do not",
        "已配置策略包公钥,因此只能使用已签名的策略包,而这些策略不是",
        "name a signed bundle (`--policies FILE.tutela`), or take `bundle_keys` out of the project",
        "请指定已签名的策略包(`--policies FILE.tutela`),或从项目中去掉 `bundle_keys`",
    ),
    "bundle-key-public": Message(
        "this is no Ed25519 public key in PEM",
        "这不是 PEM 格式的 Ed25519 公钥",
        "make a pair with `tutela bundle key FILE.pem`; the public one is FILE.pub.pem",
        "请用 `tutela bundle key FILE.pem` 生成密钥对;公钥为 FILE.pub.pem",
    ),
    "bundle-key-private": Message(
        "this is no Ed25519 private key in PEM",
        "这不是 PEM 格式的 Ed25519 私钥",
        "make a pair with `tutela bundle key FILE.pem`",
        "请用 `tutela bundle key FILE.pem` 生成密钥对",
    ),
    "bundle-key-exists": Message(
        "this file exists; a key is never written over",
        "文件已存在;不会覆盖已有密钥",
        "choose another name",
        "请换一个文件名",
    ),
    "bundle-passphrase-missing": Message(
        "the private key is encrypted, and there is no passphrase",
        "私钥已加密,但没有提供口令",
        "put it into `TUTELA_BUNDLE_PASSPHRASE`, another variable (`--passphrase-env`) or the keyring (`--keyring`)",
        "请将口令放入 `TUTELA_BUNDLE_PASSPHRASE`、其他环境变量(`--passphrase-env`)或密钥环(`--keyring`)",
    ),
    "bundle-passphrase-wrong": Message(
        "the passphrase does not open the private key",
        "口令无法解开私钥",
        "check the variable or the entry of the keyring that holds it",
        "请检查存放口令的环境变量或密钥环条目",
    ),
    "bundle-variable": Message(
        "the variable `{name}` is not set, or is empty",
        "环境变量 `{name}` 未设置或为空",
        "set it, or name another one",
        "请设置该变量,或指定其他变量",
    ),
    "bundle-keyring": Message(
        "the keyring gives no passphrase: {reason}",
        "无法从密钥环取得口令:{reason}",
        "run `pip install 'PATH_OF_TUTELA[keyring]'` and `keyring set SERVICE KEYFILE`, or use `--passphrase-env`",
        "请执行 `pip install 'PATH_OF_TUTELA[keyring]'` 和 `keyring set SERVICE KEYFILE`,或使用 `--passphrase-env`",
    ),
    "bundle-package": Message(
        "signatures need the package `cryptography`, which is not installed",
        "签名需要 `cryptography` 包,但未安装",
        "run `pip install 'PATH_OF_TUTELA[bundle]'`",
        "请执行 `pip install 'PATH_OF_TUTELA[bundle]'`",
    ),
}
MAKING: Final[Mapping[str, Message]] = {
    "bundle-database": Message(
        "registers of a database cannot be put into a bundle",
        "数据库中的登记册无法放入策略包",
        "leave `--registers` out: the project that uses the bundle reads them; or export the tables as CSV",
        "请不要使用 `--registers`:由使用策略包的项目读取;或将表导出为 CSV",
    ),
    "bundle-again": Message(
        "the policies of this project come from a bundle; a bundle is built from policy files",
        "该项目的策略来自策略包;策略包须由策略文件生成",
        "build where the policy files are",
        "请在策略文件所在的项目中生成",
    ),
    "bundle-name": Message(
        "a bundle cannot be called `{name}`",
        "策略包不能命名为 `{name}`",
        "give it a name of letters, digits, `.`, `_` and `-` with `--name`",
        "请用 `--name` 指定由字母、数字、`.`、`_`、`-` 组成的名称",
    ),
    "bundle-revision": Message(
        "`{revision}` is no revision: it has spaces or unprintable characters, or more than 200",
        "`{revision}` 不能作为版本标识:含有空格或不可打印字符,或超过 200 个字符",
        "give another one with `--revision`",
        "请用 `--revision` 另行指定",
    ),
    "bundle-revision-none": Message(
        "git does not say which revision this project is",
        "无法从 git 得知该项目的版本",
        "give it with `--revision`",
        "请用 `--revision` 指定",
    ),
    "bundle-epoch": Message(
        "the variable `SOURCE_DATE_EPOCH` holds no number of seconds",
        "环境变量 `SOURCE_DATE_EPOCH` 不是秒数",
        "set it to seconds since 1970, such as `git log -1 --format=%ct`, or unset it",
        "请设为 1970 年以来的秒数,例如 `git log -1 --format=%ct`,或取消该变量",
    ),
    "bundle-no-registers": Message(
        "the project has no registers that the bundle could hold",
        "该项目没有可放入策略包的登记册",
        "name their folders as `registers` in tutela.toml, or leave `--registers` out",
        "请在 tutela.toml 中用 `registers` 指定其文件夹,或去掉 `--registers`",
    ),
    "bundle-push-address": Message(
        "this is no address that a bundle can be pushed to",
        "无法将策略包推送到该地址",
        "write `https://host/path/FILE.tutela`, without user or password, or the path of a folder",
        "写法:`https://host/path/FILE.tutela`(不含用户名和密码),或文件夹路径",
    ),
    "bundle-push-plain": Message(
        "the token is not sent over a connection that is not encrypted",
        "不会通过未加密的连接发送令牌",
        "use https",
        "请使用 https",
    ),
    "bundle-push-token": Message(
        "the variable `{name}` holds no token: it has spaces, line ends or unprintable characters",
        "环境变量 `{name}` 中不是令牌:含有空格、换行或不可打印字符",
        "write the token alone into it, without `Bearer`",
        "请只写入令牌本身,不带 `Bearer`",
    ),
    "bundle-push-refused": Message(
        "the server does not take the bundle: {status}",
        "服务器拒绝接收策略包:{status}",
        "check the address and the token; redirects are not followed",
        "请检查地址和令牌;不会跟随重定向",
    ),
    "bundle-push-tls": Message(
        "the server's certificate cannot be trusted: {reason}",
        "无法信任服务器证书:{reason}",
        "let `SSL_CERT_FILE` name the certificates of your authority, if it is your own",
        "若为自建证书机构,请用 `SSL_CERT_FILE` 指定其证书",
    ),
    "bundle-push-unreachable": Message(
        "the server cannot be reached: {reason}",
        "无法连接服务器:{reason}",
        "check the address, and that the server accepts connections from here",
        "请检查地址,以及服务器是否接受来自本机的连接",
    ),
}
BUNDLE: Final[Mapping[str, Message]] = {**CONTAINER, **SIGNING, **MAKING}
