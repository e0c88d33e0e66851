-- phpMyAdmin SQL Dump
SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";
/*!40101 SET NAMES utf8mb4 */;
--
CREATE TABLE `customer` (
  `id` int(11) NOT NULL,
  `name` varchar(99) NOT NULL COMMENT '姓名',
  `full` varchar(50) GENERATED ALWAYS AS (concat(`name`,'x')) STORED,
  `v2` varchar(50) AS (upper(`name`)) VIRTUAL,
  `j` json DEFAULT NULL CHECK (json_valid(`j`)),
  `e` enum('a','b') DEFAULT 'a',
  `s` set('x','y'),
  `cid` int REFERENCES other(id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
CREATE TABLE `orders` (`id` int unsigned zerofill, `c` int, KEY `k` (`c`), CONSTRAINT `fk` FOREIGN KEY (`c`) REFERENCES `customer` (`id`) ON DELETE CASCADE)
/*!50100 PARTITION BY RANGE (`id`)
(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB) */;
INSERT INTO `customer` (`id`) VALUES (1, 'it''s; CREATE TABLE t'), (2,'\'x');
--
ALTER TABLE `customer`
  ADD PRIMARY KEY (`id`),
  ADD UNIQUE KEY `u` (`name`);
ALTER TABLE `customer`
  MODIFY `id` int(11) NOT NULL AUTO_INCREMENT, AUTO_INCREMENT=12;
ALTER TABLE `orders`
  ADD CONSTRAINT `fk2` FOREIGN KEY (`c`) REFERENCES `customer` (`id`);
DROP TABLE IF EXISTS `v_x`;
CREATE ALGORITHM=UNDEFINED DEFINER=`root`@`localhost` SQL SECURITY DEFINER VIEW `v_x` AS SELECT `customer`.`id` AS `id` FROM `customer`;
GRANT USAGE ON *.* TO 'app'@'%' IDENTIFIED BY PASSWORD '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19';
GRANT SELECT, INSERT (`name`, `id`) ON `crm`.* TO 'app'@'%' WITH GRANT OPTION;
GRANT ALL PRIVILEGES ON `crm`.`customer` TO `bob`@`localhost`, `amy`@`10.0.0.%`;
REVOKE DELETE ON crm.customer FROM bob@localhost;
GRANT UPDATE ON crm.orders TO 'x'@'%' IDENTIFIED BY 'secret', 'y'@'%';
GRANT 'reader', 'writer'@'%' TO 'app'@'%';
GRANT EXECUTE ON PROCEDURE crm.p TO 'app'@'%';
