"""Deploys the executor, or brings the one that stands to what is asked: `ape run deploy --help`."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from ape.api import AccountAPI, ProviderAPI, ReceiptAPI, TestAccountAPI
from ape.cli import ConnectedProviderCommand, account_option
from ape.contracts import ContractContainer, ContractInstance
from ape.exceptions import ApeException, TransactionNotFoundError
from ape.logging import LogLevel, logger
from eth_utils.address import is_checksum_address
from ethpm_types import ContractType

from bot.model.registry import Address
from bot.venues import roles
from bot.venues.deployment import (
    CONTRACT,
    ROOT,
    Artefact,
    Deployment,
    DeploymentError,
    code_hash,
    load_artefact,
    load_deployment,
    record_file,
    save_deployment,
    verify_code,
)
from bot.venues.roles import ARGUMENTS, FIXED, ROLES, SETTINGS, WETH, Wanted

ZERO = "0x0000000000000000000000000000000000000000"
ADOPT_WITHIN = 10  # seconds a deployment that was sent may take to be found
RECORDS_HELP = "Folder of the records.  [default: deployments; on anvil .build/deployments]"


class Checksummed(click.ParamType):
    """An address whose checksum holds, so that a slip of the hand is not an address."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> Address:
        """The address as given."""
        if not is_checksum_address(value):
            self.fail(f"{value} is not a checksummed address", param, ctx)
        if value == ZERO:
            self.fail("the zero address can hold nothing", param, ctx)
        return value


class Command(ConnectedProviderCommand):
    """Connected; what goes wrong is one line, and with --json ape does not say on standard output what it does."""

    def invoke(self, ctx: click.Context) -> object:
        """Runs connected."""
        if ctx.params["as_json"]:
            logger.set_level(LogLevel.WARNING)
        try:
            return super().invoke(ctx)
        except (DeploymentError, ApeException) as error:
            raise click.ClickException(" ".join(str(error).split())) from None


@click.command(cls=Command)
@account_option(prompt=None)
@click.option("--owner", type=Checksummed(), help="Cold: sets roles and allows calls.")
@click.option("--operator", type=Checksummed(), help="Hot: may only execute.")
@click.option("--guardian", type=Checksummed(), help="May only pause.")
@click.option("--treasury", type=Checksummed(), help="Where profit goes, for good.")
@click.option("--weth", type=Checksummed(), help=f"Wrapped ether, for tips.  [default: {WETH}]")
@click.option("--redeploy", is_flag=True, help="Deploy anew even where an executor stands.")
@click.option("--records", type=click.Path(path_type=Path), help=RECORDS_HELP)
@click.option("--json", "as_json", is_flag=True, help="Nothing but JSON on standard output.")
def cli(
    provider: ProviderAPI,
    account: AccountAPI | None,
    *,
    redeploy: bool,
    records: Path | None,
    as_json: bool,
    **asked: Address | None,
) -> None:
    """Deploy the executor, set its roles, verify code and settings on chain, and write the record.

    Run again, it verifies, and changes only what differs. What is not asked for stays as it is.
    """
    deployer = Deployer(provider, account, records)
    told = deployer.bring_about({name: each for name, each in asked.items() if each}, redeploy=redeploy)
    click.echo(json.dumps(told, indent=2) if as_json else _as_text(told))


class Deployer:
    """One chain, one account, one folder of records."""

    def __init__(self, provider: ProviderAPI, account: AccountAPI | None, records: Path | None) -> None:
        self.provider = provider
        self.account = account
        self.chain_id: int = provider.chain_id
        self.is_rehearsal = provider.client_version.lower().startswith("anvil")
        # The sandbox and a fork carry mainnet's chain id: what is done there must not pass for the real thing.
        self.records = records or ROOT / (".build/deployments" if self.is_rehearsal else "deployments")
        self.artefact = load_artefact()
        self.type = _contract_type(self.artefact)
        self.sent: list[str] = []

    def bring_about(self, asked: Wanted, *, redeploy: bool) -> dict[str, Any]:
        """What stands when all is done, and what was done for it."""
        record = load_deployment(self.records, self.chain_id)
        standing = None if redeploy else self._adopted() or self._standing(record)
        wanted = roles.wanted(asked, standing or record)
        there = standing or self._deploy(wanted)
        executor = self._executor(there)
        self._refuse_fixed(executor, wanted)
        self._set_roles(executor, wanted)
        settings = self._verified(executor, wanted)
        kept = replace(there, roles={role: settings[role] for role in ROLES})
        file = save_deployment(self.records, kept) if kept != record else record_file(self.records, self.chain_id)
        self._sent_file.unlink(missing_ok=True)
        done = "deployed" if standing is None else "changed" if self.sent else "verified"
        return {"done": done, "address": kept.address, **settings, **self._listed(kept), "record": str(file)}

    # ---- what stands

    def _standing(self, record: Deployment | None) -> Deployment | None:
        """The executor of the record if its code is there and is ours; None where there is nothing yet."""
        if record is None:
            return None
        code = bytes(self.provider.get_code(record.address))
        if not code and self.is_rehearsal:
            return None  # the chain was started afresh
        if not code:
            file = record_file(self.records, self.chain_id)
            raise DeploymentError(f"{record.address} of {file} has no code: the right node? --redeploy deploys anew")
        self._refuse_other_code(code, record.address)
        return record

    def _refuse_other_code(self, code: bytes, address: Address) -> None:
        if not verify_code(code, self.artefact):
            raise DeploymentError(f"{address} runs other code than we compiled: --redeploy deploys anew")

    def _adopted(self) -> Deployment | None:
        """A deployment that was sent and not recorded, because we were stopped in between."""
        if not self._sent_file.exists():
            return None
        told = json.loads(self._sent_file.read_text(encoding="utf-8"))
        try:
            receipt = self.provider.get_receipt(told["tx"], timeout=ADOPT_WITHIN)
        except TransactionNotFoundError:
            if self.is_rehearsal:
                return None
            raise DeploymentError(
                f"{told['tx']} was sent and is not mined: wait for it, or delete {self._sent_file} to forget it"
            ) from None
        return None if receipt.failed else self._recorded(receipt, told["arguments"])

    @property
    def _sent_file(self) -> Path:
        return record_file(self.records, self.chain_id).with_suffix(".sent")

    # ---- deploying

    def _deploy(self, wanted: Wanted) -> Deployment:
        """Signs, notes the hash, and only then sends: stopped in between, the next run adopts what was sent."""
        roles.refuse_unwise(wanted)
        if not self.provider.get_code(wanted["weth"]):
            raise DeploymentError(f"{wanted['weth']} is not WETH: there is no code on chain {self.chain_id}")
        account = self._signer()
        transaction = ContractContainer(self.type)(*(wanted[name] for name in ARGUMENTS), sender=account)
        signed = account.sign_transaction(account.prepare_transaction(transaction))
        if signed is None:
            raise DeploymentError("the deployment was not signed")
        self._sent_file.parent.mkdir(parents=True, exist_ok=True)
        told = {"tx": signed.txn_hash.to_0x_hex(), "arguments": {name: wanted[name] for name in ARGUMENTS}}
        self._sent_file.write_text(json.dumps(told), encoding="utf-8")
        receipt = self.provider.send_transaction(signed)
        self.sent.append(receipt.txn_hash)
        return self._recorded(receipt, told["arguments"])

    def _recorded(self, receipt: ReceiptAPI, arguments: Wanted) -> Deployment:
        address = str(receipt.contract_address)
        code = bytes(self.provider.get_code(address))
        self._refuse_other_code(code, address)
        return Deployment(
            chain_id=self.chain_id,
            address=address,
            block=receipt.block_number,
            tx=receipt.txn_hash,
            code_hash=code_hash(code),
            arguments=dict(arguments),
            roles={role: arguments[role] for role in ROLES},
            time=datetime.fromtimestamp(receipt.timestamp, UTC).isoformat(),
        )

    def _signer(self) -> AccountAPI:
        if self.account is None:
            raise DeploymentError("this needs a signer: --account ALIAS (`ape accounts list`)")
        if not self.is_rehearsal and isinstance(self.account, TestAccountAPI):
            raise DeploymentError("everybody knows the keys of test accounts: use an account of your own")
        return self.account

    # ---- settings

    def _executor(self, record: Deployment) -> ContractInstance:
        return ContractInstance(record.address, self.type)

    def _refuse_fixed(self, executor: ContractInstance, wanted: Wanted) -> None:
        for name in FIXED:
            if (there := executor.call_view_method(name)) != wanted[name]:
                raise DeploymentError(
                    f"the {name} of {executor.address} is {there} for good, not {wanted[name]}: --redeploy deploys anew"
                )

    def _set_roles(self, executor: ContractInstance, wanted: Wanted) -> None:
        """Sends what differs, ownership last: after that the account may no longer set anything."""
        now = self._settings(executor)
        if calls := roles.calls(now, wanted):
            roles.refuse_unwise(wanted)
            account = self._signer()
            for method, arguments, sender in calls:
                if account.address != sender:
                    raise DeploymentError(f"{method}({', '.join(arguments)}) is for {sender} to call")
            for method, arguments, _ in calls:
                receipt = executor.invoke_transaction(method, *arguments, sender=account)
                self.sent.append(receipt.txn_hash)

    def _verified(self, executor: ContractInstance, wanted: Wanted) -> dict[str, Any]:
        """The settings, read back from the chain and as wanted."""
        settings = self._settings(executor)
        if wrong := roles.mismatch(settings, wanted):
            raise DeploymentError(wrong)
        return settings

    def _listed(self, record: Deployment) -> dict[str, list[str]]:
        """Lists are told apart from settings: calls that Generic legs may make, and what was sent just now."""
        asked = {"address": record.address, "fromBlock": hex(record.block), "topics": [roles.CALL_ALLOWED]}
        logs = self.provider.make_request("eth_getLogs", [asked])
        return {"allowed": roles.allowed_calls(logs), "transactions": self.sent}

    def _settings(self, executor: ContractInstance) -> dict[str, Any]:
        return {name: executor.call_view_method(name) for name in SETTINGS}


def _contract_type(artefact: Artefact) -> ContractType:
    return ContractType.model_validate(
        {
            "contractName": CONTRACT,
            "abi": artefact.abi,
            "deploymentBytecode": {"bytecode": "0x" + artefact.creation.hex()},
            "runtimeBytecode": {"bytecode": "0x" + artefact.runtime.hex()},
        }
    )


def _as_text(told: Mapping[str, Any]) -> str:
    return "\n".join(
        f"{name:>14}  {', '.join(each) if isinstance(each, list) else each}" for name, each in told.items()
    )
